// SPDX-License-Identifier: Apache-2.0
#include "cas/block_map.h"

#include <algorithm>
#include <iterator>

namespace weir::cas {

uint64_t BlockMap::held_from(uint64_t offset) const {
  auto next = runs_.upper_bound(offset);
  if (next == runs_.begin()) return offset;
  return std::max(offset, std::prev(next)->second);
}

uint64_t BlockMap::missing_from(uint64_t offset) const {
  if (held_from(offset) > offset) return offset;
  auto next = runs_.upper_bound(offset);
  return next == runs_.end() ? std::max(offset, size_) : next->first;
}

std::vector<ByteRange> BlockMap::ranges() const {
  std::vector<ByteRange> ranges;
  ranges.reserve(runs_.size());
  for (auto [begin, end] : runs_) ranges.push_back({begin, end});
  return ranges;
}

std::vector<ByteRange> BlockMap::held(ByteRange within) const {
  std::vector<ByteRange> parts;
  for (uint64_t at = missing_from(within.begin); at < std::min(within.end, size_);) {
    auto end = std::min(held_from(at), within.end);
    parts.push_back({at, end});
    at = missing_from(end);
  }
  return parts;
}

std::vector<ByteRange> BlockMap::missing(ByteRange within) const {
  std::vector<ByteRange> gaps;
  within.end = std::min(within.end, size_);
  for (uint64_t at = held_from(within.begin); at < within.end;) {
    auto next = runs_.upper_bound(at);
    uint64_t gap_end = next == runs_.end() ? within.end : std::min(next->first, within.end);
    gaps.push_back({at, gap_end});
    at = held_from(gap_end);
  }
  return gaps;
}

void BlockMap::add(ByteRange range) {
  range.end = std::min(range.end, size_);
  if (range.begin >= range.end) return;
  auto run = runs_.upper_bound(range.begin);
  if (run != runs_.begin() && std::prev(run)->second >= range.begin) {
    --run;
    range.begin = run->first;
  }
  // All runs that it overlaps or touches become one.
  while (run != runs_.end() && run->first <= range.end) {
    range.end = std::max(range.end, run->second);
    run = runs_.erase(run);
  }
  runs_.emplace_hint(run, range.begin, range.end);
}

uint64_t BlockMap::remove(ByteRange range) {
  uint64_t removed = 0;
  if (range.empty()) return removed;
  auto run = runs_.upper_bound(range.begin);
  if (run != runs_.begin() && std::prev(run)->second > range.begin) --run;
  while (run != runs_.end() && run->first < range.end) {
    auto [begin, end] = *run;
    run = runs_.erase(run);
    if (begin < range.begin) runs_.emplace(begin, range.begin);
    if (end > range.end) runs_.emplace(range.end, end);
    removed += std::min(end, range.end) - std::max(begin, range.begin);
  }
  return removed;
}

}  // namespace weir::cas
