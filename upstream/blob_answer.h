// SPDX-License-Identifier: Apache-2.0
// Judges an origin's answer to the request for a blob's bytes from an offset on.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/head.h"

namespace weir::upstream {

struct BlobAnswer {
  enum class Kind {
    use,      // the body is the blob from the offset on, behind `skip` bytes to drop
    expired,  // the signed URL is not accepted (any more): a fresh one is needed
    missing,  // the origin has not got it
    later,    // a trouble that passes: try again, not before `retry_after` if that is set
    broken,   // it contradicts what was asked or what the hub said
  };
  Kind kind = Kind::broken;
  uint64_t skip = 0;
  std::optional<Duration> retry_after;
  std::string reason;  // for all but `use`: what was wrong, in words

  bool operator==(const BlobAnswer&) const = default;
};

// `offset`: where the request began; without a Range header when it is 0.  `size`: of the whole blob.
BlobAnswer judge_blob_answer(const http::ResponseHead& head, uint64_t offset, uint64_t size);

}  // namespace weir::upstream
