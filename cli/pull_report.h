// SPDX-License-Identifier: Apache-2.0
// What a pull says of itself while it runs and at its end.  Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/fields.h"

namespace weir::cli {

// What was done so far.
struct PullTally {
  uint64_t files = 0;     // done, failed ones included
  uint64_t from_hub = 0;  // bytes
  uint64_t held = 0;      // bytes that the store had already

  bool operator==(const PullTally&) const = default;
  uint64_t bytes() const { return from_hub + held; }
};

// Whether the answer came from Weir's store (Cache-Status, RFC 9211).
bool is_from_store(const http::Fields& fields);

// "3 min 20 s", "45 s"
std::string show_time_left(uint64_t seconds);

// Makes lines like "12 of 20 files, 1.2 GB of 3.4 GB, 95.3 MB/s, 24 s left, from the hub".
class PullProgress {
 public:
  PullProgress(uint64_t files, uint64_t bytes) : all_files_(files), all_bytes_(bytes) {}

  // The speed is that of the last ten seconds, the source that of what came since the last line.
  std::string line(const PullTally& tally, MonotonicTime now);

 private:
  struct Moment {
    MonotonicTime time;
    PullTally tally;
  };

  const uint64_t all_files_;
  const uint64_t all_bytes_;
  std::deque<Moment> moments_;  // the oldest first; the last is that of the last line
  std::string source_;
};

struct PullFailure {
  std::string path;
  std::string reason;
};

// The first of them, a line each.
std::string failure_lines(const std::vector<PullFailure>& failures);

// "20 files, 18.3 MB: 15.1 MB from the hub, 3.2 MB already held; 3.2 s", with the number of failures if there are any.
std::string pull_summary(const PullTally& tally, size_t failures, Duration took);

}  // namespace weir::cli
