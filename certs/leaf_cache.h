// SPDX-License-Identifier: Apache-2.0
// The leaves that were minted, by host; whoever asks for a host at the same time gets one and the same.  Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "certs/certificate_authority.h"

namespace weir::certs {

inline constexpr size_t kMaxLeaves = 1000;
// A leaf with less life left than this is minted anew: what a client sees is good for weeks.
inline constexpr auto kRenewLeafBelow = kLeafLifetime / 3;

class LeafCache {
 public:
  // The authority must outlive the cache.  Above `max_leaves` (at least 1) the one that was asked for least recently
  // goes.
  explicit LeafCache(const CertificateAuthority& authority, size_t max_leaves = kMaxLeaves);

  // The host's leaf, valid at `now`; minted when there is none, when little of its life is left, or when the clock was
  // set back to before it.  Takes the time of one signature at most (well below a millisecond), the lock held.  Errors:
  // those of mint().
  Result<std::shared_ptr<const LeafCertificate>> get(std::string_view host, WallTime now);

  size_t size() const;

 private:
  using Leaf = std::shared_ptr<const LeafCertificate>;

  bool is_fresh(const LeafCertificate& leaf, WallTime now) const;
  void keep(Leaf leaf);

  const CertificateAuthority& authority_;
  const size_t max_leaves_;
  mutable std::mutex mutex_;
  std::list<Leaf> leaves_;                                              // guarded by mutex_; the latest asked for first
  std::unordered_map<std::string, std::list<Leaf>::iterator> by_host_;  // guarded by mutex_
};

}  // namespace weir::certs
