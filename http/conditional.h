// SPDX-License-Identifier: Apache-2.0
// Entity tags and the conditions on them (RFC 9110, sections 8.8.3 and 13), as values.
#pragma once

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

// True when If-None-Match names what is there (weak comparison, or *): the answer to a GET or HEAD is a 304 then.
bool if_none_match_names(const Fields& request, const EntityTag& current);

// True when a Range may be honoured: no If-Range, or one that is strongly equal.  A date never is: nothing here has
// one.
bool if_range_allows(const Fields& request, const EntityTag& current);

}  // namespace weir::http
