// SPDX-License-Identifier: Apache-2.0
#include "upstream/byte_ranges.h"

#include <algorithm>

namespace weir::upstream {

ByteRange whole_blocks(ByteRange range, uint64_t size) {
  auto end = range.end + (kBlockSize - range.end % kBlockSize) % kBlockSize;
  return {range.begin - range.begin % kBlockSize, std::min(end, size)};
}

std::vector<ByteRange> without(const std::vector<ByteRange>& ranges, ByteRange taken) {
  std::vector<ByteRange> left;
  for (const auto& range : ranges) {
    ByteRange before{range.begin, std::min(range.end, std::max(range.begin, taken.begin))};
    ByteRange behind{std::max(range.begin, std::min(range.end, taken.end)), range.end};
    if (taken.end <= range.begin || taken.begin >= range.end) {
      left.push_back(range);
      continue;
    }
    if (!before.empty()) left.push_back(before);
    if (!behind.empty()) left.push_back(behind);
  }
  return left;
}

std::vector<ByteRange> common(const std::vector<ByteRange>& ranges, const std::vector<ByteRange>& others) {
  std::vector<ByteRange> shared;
  for (const auto& range : ranges)
    for (const auto& other : others) {
      ByteRange both{std::max(range.begin, other.begin), std::min(range.end, other.end)};
      if (both.begin < both.end) shared.push_back(both);
    }
  return shared;
}

uint64_t total_size(const std::vector<ByteRange>& ranges) {
  uint64_t total = 0;
  for (const auto& range : ranges) total += range.size();
  return total;
}

}  // namespace weir::upstream
