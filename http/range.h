// SPDX-License-Identifier: Apache-2.0
// Range requests (RFC 9110, section 14) as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_range.h"

namespace weir::http {

// One range-spec as asked, before the size is known.
struct RangeSpec {
  enum class Kind {
    closed,  // first-last
    open,    // first-
    suffix,  // -length
  };
  Kind kind = Kind::open;
  uint64_t first = 0;  // the length, for suffix
  uint64_t last = 0;   // inclusive; for closed

  bool operator==(const RangeSpec&) const = default;

  // The bytes of a file of `size` that it means; nothing when it is not satisfiable: it
  // begins at or behind the end, is a suffix of no bytes, or the file is empty.
  std::optional<ByteRange> within(uint64_t size) const;
};

// The specs of a Range header; empty when there is none to honour (no bytes unit, malformed, overflow): a server then
// answers with the whole (RFC 9110, section 14.2).
std::vector<RangeSpec> parse_range(std::string_view value);

// A range of a file that an answer gives.
struct AnsweredRange {
  ByteRange range;                                 // never empty
  RangeSpec::Kind kind = RangeSpec::Kind::closed;  // open: a client asked for all that follows

  bool operator==(const AnsweredRange&) const = default;
};

// How a Range is answered.
struct RangeVerdict {
  enum class Kind {
    whole,          // with a 200, as if there were none
    part,           // with one range
    parts,          // with several
    unsatisfiable,  // with a 416
  };
  Kind kind = Kind::whole;
  // In the order in which they were asked for; they do not overlap, and the gaps between them are worth a part of their
  // own.  One for part, 2 to kMaxParts for parts, else none.
  std::vector<AnsweredRange> ranges;

  bool operator==(const RangeVerdict&) const = default;
};

inline constexpr size_t kMaxParts = 64;

// Leaves out what cannot be satisfied and merges what overlaps or nearly touches (RFC 9110, section 15.3.7.2).  More
// than kMaxParts after that get the whole (section 14.2).
RangeVerdict judge_ranges(const std::vector<RangeSpec>& specs, uint64_t size);

// A Content-Range of a 206: bytes first-last/size.  Nothing when malformed or when the size is unknown.
struct ContentRange {
  ByteRange range;
  uint64_t size = 0;

  bool operator==(const ContentRange&) const = default;
};
std::optional<ContentRange> parse_content_range(std::string_view value);
// `range` is not empty.
std::string content_range(ByteRange range, uint64_t size);
// bytes */size, for a 416.
std::string unsatisfied_range(uint64_t size);

}  // namespace weir::http
