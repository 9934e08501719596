// SPDX-License-Identifier: Apache-2.0
// The TLS of a request to a paired Weir (peer/tls.h), as libcurl is told it: a certificate of our own, and of the other
// side nothing counts but its pinned key.
#pragma once

#include <string>

#include "base/digest.h"
#include "peer/identity.h"
#include "peer/tls.h"
#include "upstream/curl_handle.h"

namespace weir::upstream {

// Immutable; shared by the requests to one peer.
class PeerTls {
 public:
  // `pinned`: the SPKI hash of the peer's key.
  PeerTls(peer::Identity identity, const Sha256& pinned);
  PeerTls(const PeerTls&) = delete;
  PeerTls& operator=(const PeerTls&) = delete;

  // In the place of TrustedRoots::apply().  This must outlive the handle's transfer.
  void apply(EasyHandle& easy) const;

 private:
  static CURLcode set_up(CURL* easy, void* ssl_context, void* self);

  const peer::Identity identity_;
  const peer::AcceptsKey accepts_;
  const std::string pin_;
};

}  // namespace weir::upstream
