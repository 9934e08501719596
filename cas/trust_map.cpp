// SPDX-License-Identifier: Apache-2.0
#include "cas/trust_map.h"

#include <algorithm>

namespace weir::cas {

uint64_t TrustMap::readable_from(uint64_t offset) const {
  return std::max(offset, std::min(present_.held_from(offset), untrusted_.missing_from(offset)));
}

std::vector<ByteRange> TrustMap::readable_ranges() const {
  if (untrusted_.empty()) return present_.ranges();
  std::vector<ByteRange> ranges;
  for (auto run : present_.ranges())
    for (auto part : untrusted_.missing(run)) ranges.push_back(part);
  return ranges;
}

Runs TrustMap::runs() const {
  Runs runs;
  for (auto range : readable_ranges()) runs.push_back({range.begin, range.end, Trust::trusted});
  auto middle = static_cast<std::ptrdiff_t>(runs.size());
  for (auto range : untrusted_.ranges()) runs.push_back({range.begin, range.end, Trust::untrusted});
  std::inplace_merge(runs.begin(), runs.begin() + middle, runs.end(),
                     [](const TrustRun& a, const TrustRun& b) { return a.begin < b.begin; });
  return runs;
}

void TrustMap::add(ByteRange range, Trust trust) {
  if (trust == Trust::trusted) {
    untrusted_.remove(range);
  } else {
    for (auto gap : present_.missing(range)) untrusted_.add(gap);
  }
  present_.add(range);
}

uint64_t TrustMap::forget(ByteRange range) {
  uint64_t bytes = 0;
  for (auto part : untrusted_.held(range)) bytes += present_.remove(part);
  untrusted_.remove(range);
  return bytes;
}

}  // namespace weir::cas
