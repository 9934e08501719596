// SPDX-License-Identifier: Apache-2.0
// How fast bytes came of late.  Pure: the time is an argument, and never goes back.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace weir::upstream {

class RecentSpeed {
 public:
  void add(uint64_t bytes, MonotonicTime now) {
    auto second = second_of(now);
    auto& slot = slots_[static_cast<size_t>(second) % kSeconds];
    if (slot.second != second) slot = {second, 0};
    slot.bytes += bytes;
  }

  // Bytes a second over those seconds of the last minute in which some came; 0 when none did.
  uint64_t at(MonotonicTime now) const {
    auto second = second_of(now);
    uint64_t bytes = 0;
    uint64_t busy = 0;
    for (const auto& slot : slots_) {
      if (slot.bytes == 0 || second - slot.second >= static_cast<int64_t>(kSeconds)) continue;
      bytes += slot.bytes;
      ++busy;
    }
    return busy == 0 ? 0 : bytes / busy;
  }

 private:
  static constexpr size_t kSeconds = 60;
  struct Slot {
    int64_t second = 0;
    uint64_t bytes = 0;
  };

  static int64_t second_of(MonotonicTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  }

  std::array<Slot, kSeconds> slots_{};
};

}  // namespace weir::upstream
