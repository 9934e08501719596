// SPDX-License-Identifier: Apache-2.0
// Decides how much has to go from the store, and what goes first.  Pure.
//
// Nothing here knows a clock: uses and publications are numbered in their order, so a date that jumps changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/digest.h"
#include "cas/options.h"

namespace weir::cas {

// A file that may go.
struct Candidate {
  Sha256 digest;
  uint64_t bytes = 0;
  uint64_t used = 0;    // the number of its last use: the higher, the later
  uint64_t stored = 0;  // the number of its publication

  bool operator==(const Candidate&) const = default;
};

// Those that go first in `order`, first to last, until they have `bytes` together; all, when that is not enough.  Costs
// one pass and a heap, however many candidates there are.
std::vector<Candidate> choose_victims(std::vector<Candidate> candidates, EvictionOrder order, uint64_t bytes);

struct SpaceLimits {
  uint64_t max_size = 0;  // bytes of all files; 0: none
  uint64_t min_free = 0;  // bytes to be left on the file system
};

struct SpaceState {
  uint64_t stored = 0;           // bytes of all files
  uint64_t reserved = 0;         // bytes that are promised to writers and not written yet
  std::optional<uint64_t> free;  // bytes that the file system has left for us; nothing when it does not say
};

// How many bytes have to go before `wanted` more may be promised.
uint64_t bytes_to_free(const SpaceLimits& limits, const SpaceState& state, uint64_t wanted);

}  // namespace weir::cas
