// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace weir::hub {

// How long the hub's yes holds for further files of the same repository.
struct AccessOptions {
  Duration ttl{60'000};                // to the same credentials
  Duration anonymous_ttl{600'000};     // to clients without any
  Duration offline_grace{86'400'000};  // to the same credentials, while the hub cannot be asked
};

struct MetadataOptions {
  Duration revision_ttl{60'000};   // a branch or tag, and what is said of it, is asked again after that
  uint64_t max_answer = 32 << 20;  // bytes of a remembered answer; a larger one is not kept
  uint64_t memory = 64 << 20;      // bytes of answers kept in memory
  size_t max_answers = 100'000;    // on disk; the oldest go first
  size_t max_files = 1'000'000;    // heads of files, on disk
};

enum class OfflineMode {
  automatic,  // what is held and remembered is served while the hub cannot be reached
  always,     // the hub is never asked
  never,      // nothing stands in for the hub's answer
};

struct OfflineOptions {
  OfflineMode mode = OfflineMode::automatic;
  Duration patience{5'000};        // for the hub's answer, where what is held could be served instead
  Duration probe_interval{3'000};  // between attempts to reach a hub that is down
};

struct MemoryOptions {
  AccessOptions access;
  MetadataOptions metadata;
  OfflineOptions offline;
};

}  // namespace weir::hub
