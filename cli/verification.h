// SPDX-License-Identifier: Apache-2.0
// What weir verify looks at and what it says.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cas/shelf.h"
#include "cli/store_contents.h"

namespace weir::cli {

// Which of the blobs: a random share of them, or one of several parts that make up the whole.
struct Sample {
  double share = 1;   // above 0, at most 1
  uint32_t part = 1;  // 1 to parts
  uint32_t parts = 1;

  bool operator==(const Sample&) const = default;
};

// "5%" or "3/20": the third of twenty parts.  Errors: invalid.
Result<Sample> parse_sample(std::string_view text);

// At least one of a share, where there are any.  A blob belongs to the same part each time.
std::vector<StoredBlob> choose(std::vector<StoredBlob> blobs, const Sample& sample, std::mt19937_64& random);

// A blob that is not right, and what was done about it.
struct Finding {
  StoredBlob blob;
  cas::Verdict verdict = cas::Verdict::wrong;
  std::string repair;  // a few words: "fetched again", "not fetched again: ..."
};

struct Verification {
  uint64_t blobs = 0;  // that were hashed
  uint64_t bytes = 0;
  std::vector<Finding> findings;
};

// Lines for people; each finding with its names.
std::string verification_text(const Verification& verification);
std::string verification_json(const Verification& verification);

// "12 of 345 blobs, 1.2 GB of 3.4 GB", to be written over itself.
std::string progress_line(uint64_t blobs, uint64_t all_blobs, uint64_t bytes, uint64_t all_bytes);

}  // namespace weir::cli
