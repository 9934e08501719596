// SPDX-License-Identifier: Apache-2.0
// How fast bytes come: over about the last second, and over less while it is younger than that.  Pure; time is an
// argument.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/clock.h"

namespace weir::upstream {

class RateMeter {
 public:
  explicit RateMeter(MonotonicTime begin) : begin_(begin), at_(begin) {}

  void add(uint64_t bytes, MonotonicTime now) {
    level_ = level_ * faded(now - at_) + static_cast<double>(bytes);
    at_ = now;
  }

  // Bytes a second; 0 while it is too young to tell (see knows()).
  double rate(MonotonicTime now) const {
    if (!knows(now)) return 0;
    return level_ * faded(now - at_) / (1 - faded(now - begin_));
  }
  bool knows(MonotonicTime now) const { return now - begin_ >= std::chrono::milliseconds(200); }

 private:
  // What is left after so long of a byte's weight: e^-1 after a second.
  static double faded(MonotonicTime::duration age) { return std::exp(-std::chrono::duration<double>(age).count()); }

  MonotonicTime begin_;
  MonotonicTime at_;  // of level_
  double level_ = 0;  // bytes, each with its weight
};

}  // namespace weir::upstream
