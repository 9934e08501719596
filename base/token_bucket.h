// SPDX-License-Identifier: Apache-2.0
// A rate: so many tokens a second, of which a second's worth may be taken at once.  Pure: the time is an argument.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace weir {

class TokenBucket {
 public:
  // `per_second` is above 0.
  TokenBucket(uint64_t per_second, MonotonicTime now) : per_second_(static_cast<double>(per_second)), full_at_(now) {}

  // Takes them, in advance if need be, and returns how long to wait before they are used.
  Duration take(uint64_t tokens, MonotonicTime now) {
    full_at_ = std::max(full_at_, now) + seconds(static_cast<double>(tokens) / per_second_);
    return wait(0, now);
  }

  // How many may be taken now without a wait; 0 while there is a debt.
  uint64_t available(MonotonicTime now) const {
    std::chrono::duration<double> there =
        std::chrono::seconds(1) - std::max(full_at_ - now, MonotonicTime::duration(0));
    return static_cast<uint64_t>(std::max(0.0, there.count() * per_second_));
  }

  // How long until so many may be taken without a wait; `tokens` is a second's worth at most.
  Duration wait(uint64_t tokens, MonotonicTime now) const {
    auto debt = full_at_ - now - std::chrono::seconds(1) + seconds(static_cast<double>(tokens) / per_second_);
    return std::max(Duration(0), std::chrono::ceil<Duration>(debt));
  }

 private:
  static MonotonicTime::duration seconds(double count) {
    return std::chrono::duration_cast<MonotonicTime::duration>(std::chrono::duration<double>(count));
  }

  double per_second_;
  MonotonicTime full_at_;  // when a second's worth would be there again
};

}  // namespace weir
