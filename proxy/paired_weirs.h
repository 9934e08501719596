// SPDX-License-Identifier: Apache-2.0
// The Weirs of the list of peers, as sources for missing files.  Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "peer/identity.h"
#include "peer/peer_list.h"
#include "upstream/peers.h"

namespace weir::proxy {

class PairedWeirs : public upstream::Peers {
 public:
  // Both must outlive it.
  PairedWeirs(const peer::Identity& identity, peer::PeerList& list) : identity_(identity), list_(list) {}

  // Whether they may learn digests of files that not everybody can read.
  void share_private(bool may);

  Sources sources() override;
  std::shared_ptr<const upstream::PeerTls> tls_of(const upstream::SourceOptions& source) override;

 private:
  void refresh();

  const peer::Identity& identity_;
  peer::PeerList& list_;
  std::mutex mutex_;  // guards all that follow
  bool share_private_ = false;
  std::optional<std::vector<peer::Peer>> known_;  // that the rest is made of
  Sources sources_;
  std::map<std::string, std::shared_ptr<const upstream::PeerTls>> tls_;  // by place
};

}  // namespace weir::proxy
