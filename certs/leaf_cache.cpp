// SPDX-License-Identifier: Apache-2.0
#include "certs/leaf_cache.h"

#include "certs/dns_name.h"

namespace weir::certs {

LeafCache::LeafCache(const CertificateAuthority& authority, size_t max_leaves)
    : authority_(authority), max_leaves_(max_leaves) {}

Result<std::shared_ptr<const LeafCertificate>> LeafCache::get(std::string_view host, WallTime now) {
  TRY_ASSIGN(auto name, canonical_dns_name(host));
  std::lock_guard lock(mutex_);
  if (auto found = by_host_.find(name); found != by_host_.end()) {
    leaves_.splice(leaves_.begin(), leaves_, found->second);
    if (is_fresh(*leaves_.front(), now)) return leaves_.front();
    by_host_.erase(found);
    leaves_.pop_front();
  }
  TRY_ASSIGN(auto minted, authority_.mint(name, now));
  keep(std::make_shared<const LeafCertificate>(std::move(minted)));
  return leaves_.front();
}

size_t LeafCache::size() const {
  std::lock_guard lock(mutex_);
  return leaves_.size();
}

bool LeafCache::is_fresh(const LeafCertificate& leaf, WallTime now) const {
  if (now < leaf.not_before || now > leaf.not_after) return false;
  // A new leaf could not end later than one that ends with the CA.
  return leaf.not_after - now >= kRenewLeafBelow || leaf.not_after == authority_.not_after();
}

void LeafCache::keep(Leaf leaf) {
  if (leaves_.size() >= max_leaves_) {
    by_host_.erase(leaves_.back()->host);
    leaves_.pop_back();
  }
  leaves_.push_front(std::move(leaf));
  by_host_[leaves_.front()->host] = leaves_.begin();
}

}  // namespace weir::certs
