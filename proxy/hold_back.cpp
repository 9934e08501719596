// SPDX-License-Identifier: Apache-2.0
#include "proxy/hold_back.h"

#include <algorithm>

namespace weir::proxy {
namespace {

bool is_guarded(Asked asked, ByteRange range, uint64_t size) {
  if (range.empty()) return false;
  return asked != Asked::closed || (range.size() >= kGuardedRange && range.end == size);
}

}  // namespace

HoldBack::HoldBack(Asked asked, ByteRange range, uint64_t size)
    : range_(range), guarded_(is_guarded(asked, range, size)) {}

uint64_t HoldBack::limit(uint64_t readable, bool verified) const {
  auto end = std::min(readable, range_.end);
  if (!guarded_ || verified) return end;
  // A short answer keeps back all but its first byte.
  uint64_t free = range_.size() > kHeldBack ? range_.size() - kHeldBack : 1;
  uint64_t allowed = range_.begin + std::min(free + dripped_, range_.size() - 1);
  // The only byte of an answer of one byte waits for the digest too.
  return std::min(end, allowed);
}

bool HoldBack::holds(uint64_t readable, bool verified) const {
  return limit(readable, verified) < std::min(readable, range_.end);
}

}  // namespace weir::proxy
