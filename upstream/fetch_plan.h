// SPDX-License-Identifier: Apache-2.0
// Decides which bytes of a blob are asked of the origin next: what clients want, less what is held and what is on its
// way.  Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/byte_range.h"
#include "upstream/byte_ranges.h"

namespace weir::upstream {

// A client whose next byte is so far behind a running transfer's place gets a transfer of its own.
inline constexpr uint64_t kPatience = 4 << 20;

struct PlanInput {
  std::vector<ByteRange> wants;  // in the order of their claims: the first is served first
  std::vector<ByteRange> lanes;  // of the running transfers: from the next byte to the end that they were asked for
  // The parts of a range that are not held, in order.
  std::function<std::vector<ByteRange>(ByteRange within)> missing;
  size_t max_lanes = 1;
};

// The next transfer to start; nothing when all that is wanted is held or on its way, or when the lanes are all in use.
// Where it begins inside a running lane, that one is to end there.
std::optional<ByteRange> next_lane(const PlanInput& input);

}  // namespace weir::upstream
