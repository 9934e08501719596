// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace weir::hub {

struct MetadataOptions {
  Duration revision_ttl{60'000};   // a branch or tag, and what is said of it, is asked again after that
  uint64_t max_answer = 32 << 20;  // bytes of a remembered answer; a larger one is not kept
  uint64_t memory = 64 << 20;      // bytes of answers kept in memory
  size_t max_answers = 100'000;    // on disk; the oldest go first
  size_t max_files = 1'000'000;    // heads of files, on disk
};

}  // namespace weir::hub
