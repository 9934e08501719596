// SPDX-License-Identifier: Apache-2.0
// Entity tags, dates of modification and the conditions on them (RFC 9110, sections 8.8 and 13), as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/fields.h"

namespace weir::http {

struct EntityTag {
  std::string opaque;  // without the quotes
  bool weak = false;

  bool operator==(const EntityTag&) const = default;
  std::string text() const;
};

// "opaque" or W/"opaque".  Nothing when it is neither.
std::optional<EntityTag> parse_entity_tag(std::string_view value);

// What stands in an ETag, whether it is weak, strong or lacks its quotes.  Not for comparisons.
std::string_view unquoted_entity_tag(std::string_view value);

// RFC 9110, section 8.8.3.2.
bool strongly_equal(const EntityTag& a, const EntityTag& b);
bool weakly_equal(const EntityTag& a, const EntityTag& b);

// What an answer says of the state of its file.  Times in seconds since 1970.
struct Validators {
  std::optional<EntityTag> etag;
  std::optional<int64_t> last_modified;
  std::optional<int64_t> date;  // of the answer

  bool operator==(const Validators&) const = default;
};

// From ETag, Last-Modified and Date of an answer; what is malformed is not there.
Validators validators_of(const Fields& answer);

enum class Precondition {
  met,           // or there is none: answer as ever
  not_modified,  // 304
  failed,        // 412
};

// Judges If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since of a GET or HEAD, in the order of RFC 9110,
// section 13.2.2.  It goes before Range: a 304 wins over a 206 and a 416.
Precondition judge_preconditions(const Fields& request, const Validators& current);

// True when a Range may be honoured: no If-Range, one that names the strong ETag, or one with exactly the
// Last-Modified, where that is a strong validator too (RFC 9110, sections 8.8.2.2 and 13.1.5).
bool if_range_allows(const Fields& request, const Validators& current);

}  // namespace weir::http
