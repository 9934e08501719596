// SPDX-License-Identifier: Apache-2.0
#include "proxy/paired_weirs.h"

#include <utility>

#include "upstream/peer_tls.h"

namespace weir::proxy {

void PairedWeirs::share_private(bool may) {
  std::lock_guard lock(mutex_);
  if (std::exchange(share_private_, may) != may) known_.reset();
}

upstream::Peers::Sources PairedWeirs::sources() {
  std::lock_guard lock(mutex_);
  refresh();
  return sources_;
}

std::shared_ptr<const upstream::PeerTls> PairedWeirs::tls_of(const upstream::SourceOptions& source) {
  std::lock_guard lock(mutex_);
  refresh();
  auto found = tls_.find(source.place);
  return found == tls_.end() ? nullptr : found->second;
}

void PairedWeirs::refresh() {
  auto known = list_.known();
  if (known_ == known) return;
  std::vector<upstream::SourceOptions> sources;
  tls_.clear();
  for (const auto& peer : known) {
    upstream::SourceOptions source;
    source.name = peer.name;
    source.kind = upstream::SourceKind::peer;
    source.place = peer.address.text();
    source.url = Secret("https://" + source.place);
    source.share_private = share_private_;
    // Whoever is paired later does not inherit what is said of that address.
    auto [_, is_new] = tls_.emplace(source.place, std::make_shared<upstream::PeerTls>(identity_, peer.spki));
    if (is_new) sources.push_back(std::move(source));
  }
  sources_ = std::make_shared<const std::vector<upstream::SourceOptions>>(std::move(sources));
  known_ = std::move(known);
}

}  // namespace weir::proxy
