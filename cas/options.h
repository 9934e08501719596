// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/clock.h"

namespace weir::cas {

// Which blobs go first when there is no room.
enum class EvictionOrder {
  lru,          // the one that was used longest ago
  fifo,         // the one that was stored first
  large_first,  // the largest
};

// A local time of day.
struct TimeOfDay {
  int hour = 0;
  int minute = 0;

  bool operator==(const TimeOfDay&) const = default;
};

struct Options {
  // The store's folder.  It is made when it is not there.
  std::filesystem::path root;
  uint64_t max_size = 0;           // bytes of all blobs and partial blobs; 0: no limit
  uint64_t min_free = 1ull << 30;  // bytes to be left free on the file system; 0: none
  EvictionOrder eviction = EvictionOrder::lru;
  uint64_t scrub = 8 << 20;                            // bytes a second that the scrub reads; 0: there is none
  Duration scrub_every = std::chrono::hours(30 * 24);  // from the beginning of a round of the scrub to the next one's
  std::vector<TimeOfDay> gc_schedule = {};  // when the store is brought under its limits beside the need for room
};

}  // namespace weir::cas
