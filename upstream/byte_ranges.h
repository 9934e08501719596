// SPDX-License-Identifier: Apache-2.0
// Sets of bytes of a blob, as ascending lists of ranges.  Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_range.h"

namespace weir::upstream {

// A range of a client wants its own blocks and no more.
inline constexpr uint64_t kBlockSize = 1 << 20;

// The blocks that hold `range`, in a blob of `size` bytes.
ByteRange whole_blocks(ByteRange range, uint64_t size);

// The parts of `ranges` outside `taken`.
std::vector<ByteRange> without(const std::vector<ByteRange>& ranges, ByteRange taken);

// The parts of `ranges` inside `others`; both ascending.
std::vector<ByteRange> common(const std::vector<ByteRange>& ranges, const std::vector<ByteRange>& others);

// How many bytes they are together.
uint64_t total_size(const std::vector<ByteRange>& ranges);

}  // namespace weir::upstream
