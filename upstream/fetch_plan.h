// SPDX-License-Identifier: Apache-2.0
// Decides which bytes of a blob are asked of the origin next: what clients want, less what is held and what is on its
// way.  Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/byte_range.h"

namespace weir::upstream {

// A range of a client wants its own blocks and no more.
inline constexpr uint64_t kBlockSize = 1 << 20;

// A client whose next byte is so far behind a running transfer's place gets a transfer of its own.
inline constexpr uint64_t kPatience = 4 << 20;

// The blocks that hold `range`, in a blob of `size` bytes.
ByteRange whole_blocks(ByteRange range, uint64_t size);

// The parts of `ranges` outside `taken`.
std::vector<ByteRange> without(const std::vector<ByteRange>& ranges, ByteRange taken);

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
