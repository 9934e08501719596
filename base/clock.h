// SPDX-License-Identifier: Apache-2.0
// The two clocks.  Time-outs and rates use the monotonic one, which a change of the date does not move; certificates,
// log lines and last-use times use the wall clock.  Pure code takes a time as an argument and calls neither.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

using MonotonicTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Duration = std::chrono::milliseconds;

inline MonotonicTime monotonic_now() {
  return std::chrono::steady_clock::now();
}
inline WallTime wall_now() {
  return std::chrono::system_clock::now();
}

// Seconds since 1970 (UTC), as it is stored.
inline int64_t unix_seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace weir
