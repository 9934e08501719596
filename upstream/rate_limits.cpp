// SPDX-License-Identifier: Apache-2.0
#include "upstream/rate_limits.h"

#include <algorithm>

namespace weir::upstream {

TokenBucket* RateLimits::Limit::at(uint64_t wanted_rate, MonotonicTime now) {
  if (rate != wanted_rate) {
    rate = wanted_rate;
    bucket.reset();
    if (rate > 0) bucket.emplace(rate, now);
  }
  return bucket ? &*bucket : nullptr;
}

Duration RateLimits::wait(const Source& source, uint64_t source_rate, uint64_t rate_of_all, MonotonicTime now) {
  Duration wait{0};
  if (auto* bucket = all_.at(rate_of_all, now)) wait = bucket->wait(1, now);
  if (source_rate == 0 && !sources_.contains(&source)) return wait;
  if (auto* bucket = sources_[&source].at(source_rate, now)) wait = std::max(wait, bucket->wait(1, now));
  return wait;
}

void RateLimits::take(const Source& source, uint64_t source_rate, uint64_t rate_of_all, uint64_t bytes,
                      MonotonicTime now) {
  if (auto* bucket = all_.at(rate_of_all, now)) bucket->take(bytes, now);
  if (source_rate == 0 && !sources_.contains(&source)) return;
  if (auto* bucket = sources_[&source].at(source_rate, now)) bucket->take(bytes, now);
}

}  // namespace weir::upstream
