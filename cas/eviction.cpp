// SPDX-License-Identifier: Apache-2.0
#include "cas/eviction.h"

#include <algorithm>
#include <tuple>

namespace weir::cas {
namespace {

// The digest decides between equals, so that the choice is the same each time.
bool goes_before(const Candidate& a, const Candidate& b, EvictionOrder order) {
  switch (order) {
    case EvictionOrder::lru:
      return std::tie(a.used, a.digest) < std::tie(b.used, b.digest);
    case EvictionOrder::fifo:
      return std::tie(a.stored, a.digest) < std::tie(b.stored, b.digest);
    case EvictionOrder::large_first:
      return std::tie(b.bytes, a.used, a.digest) < std::tie(a.bytes, b.used, b.digest);
  }
  return false;
}

// What `parts` are above `limit`; nothing overflows.
uint64_t above(uint64_t limit, uint64_t a, uint64_t b, uint64_t c) {
  uint64_t left = limit;
  uint64_t over = 0;
  for (auto part : {a, b, c}) {
    over += part - std::min(part, left);
    left -= std::min(part, left);
  }
  return over;
}

}  // namespace

std::vector<Candidate> choose_victims(std::vector<Candidate> candidates, EvictionOrder order, uint64_t bytes) {
  auto goes_later = [order](const Candidate& a, const Candidate& b) { return goes_before(b, a, order); };
  std::make_heap(candidates.begin(), candidates.end(), goes_later);
  std::vector<Candidate> victims;
  auto end = candidates.end();
  for (uint64_t freed = 0; freed < bytes && end != candidates.begin();) {
    std::pop_heap(candidates.begin(), end, goes_later);
    --end;
    freed += end->bytes;
    victims.push_back(*end);
  }
  return victims;
}

uint64_t bytes_to_free(const SpaceLimits& limits, const SpaceState& state, uint64_t wanted) {
  uint64_t for_size = limits.max_size > 0 ? above(limits.max_size, state.stored, state.reserved, wanted) : 0;
  uint64_t for_free = state.free ? above(*state.free, limits.min_free, state.reserved, wanted) : 0;
  return std::max(for_size, for_free);
}

}  // namespace weir::cas
