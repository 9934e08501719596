// SPDX-License-Identifier: Apache-2.0
#include "upstream/provenance.h"

#include <utility>

#include "upstream/byte_ranges.h"

namespace weir::upstream {

void Provenance::sent(SourceId source, ByteRange range) {
  sent_.try_emplace(source, size_).first->second.add(range);
}

void Provenance::settle(ByteRange range) {
  for (auto& [source, map] : sent_) map.remove(range);
}

std::vector<SourceId> Provenance::senders(ByteRange range) const {
  std::vector<SourceId> senders;
  for (const auto& [source, map] : sent_)
    if (!map.held(range).empty()) senders.push_back(source);
  return senders;
}

std::vector<ByteRange> Provenance::of(SourceId source) const {
  auto found = sent_.find(source);
  return found == sent_.end() ? std::vector<ByteRange>() : found->second.ranges();
}

std::vector<ByteRange> Provenance::unknown(std::vector<ByteRange> untrusted) const {
  for (const auto& [source, map] : sent_)
    for (const auto& range : map.ranges()) untrusted = without(untrusted, range);
  return untrusted;
}

}  // namespace weir::upstream
