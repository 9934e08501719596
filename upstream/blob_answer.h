// SPDX-License-Identifier: Apache-2.0
// Judges an origin's answer to the request for a blob's bytes from an offset on.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/conditional.h"
#include "http/head.h"

namespace weir::upstream {

struct BlobAnswer {
  enum class Kind {
    use,            // the body is the blob from the offset on, behind `skip` bytes to drop
    redirect,       // it is elsewhere
    expired,        // the signed URL is not accepted (any more): a fresh one is needed
    refused,        // the origin has not got it, or will not give it: asking again is of no use
    later,          // a trouble that passes: try again, not before `retry_after` if that is set
    busy,           // the same, because of too many requests
    broken,         // it contradicts what was asked, what the hub said, or itself: another one may be better
    changed,        // its entity tag is not that of the answers before it
    ignores_range,  // it sends the whole where only a part is of use
  };
  Kind kind = Kind::broken;
  uint64_t skip = 0;
  std::optional<Duration> retry_after;
  std::string reason;  // for all but `use`: what was wrong, in words

  bool operator==(const BlobAnswer&) const = default;
};

// What is known before the answer comes.
struct BlobQuestion {
  uint64_t offset = 0;                 // where the request began; without a Range header when it is 0
  uint64_t size = 0;                   // of the whole blob, as the hub said
  std::optional<http::EntityTag> tag;  // of the answers before; strong
};

BlobAnswer judge_blob_answer(const http::ResponseHead& head, const BlobQuestion& question);

// The strong entity tag of an answer, which changes with every byte (RFC 9110, section 8.8.1).
std::optional<http::EntityTag> strong_tag(const http::Fields& answer);

// How long the answer asks to wait (RFC 9110, section 10.2.3), 300 s at most.  A date counts from the answer's own
// Date, for another machine's clock says nothing of ours; without one it says nothing.
std::optional<Duration> retry_after(const http::Fields& answer);

}  // namespace weir::upstream
