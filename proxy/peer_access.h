// SPDX-License-Identifier: Apache-2.0
// What this Weir is to other Weirs, and which of them it knows.  Shared by all workers; its parts are safe from any
// thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "peer/identity.h"
#include "peer/invitations.h"
#include "peer/peer_list.h"
#include "proxy/paired_weirs.h"
#include "proxy/sharing.h"

struct ssl_ctx_st;

namespace weir::proxy {

struct PeerAccess {
  PeerAccess(peer::Identity its_identity, std::shared_ptr<ssl_ctx_st> its_tls, const std::filesystem::path& folder);
  ~PeerAccess();

  const peer::Identity identity;
  const std::shared_ptr<ssl_ctx_st> tls;  // a server's, for peers (peer/tls.h)
  const std::string name;                 // that other Weirs are told
  peer::PeerList list;
  peer::Invitations invitations;
  const std::shared_ptr<PairedWeirs> weirs;  // those of the list
  std::unique_ptr<Sharing> sharing;          // set before anybody asks
};

// Errors: unsupported.
Result<std::shared_ptr<ssl_ctx_st>> make_peer_tls(const peer::Identity& identity);

}  // namespace weir::proxy
