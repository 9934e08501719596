// SPDX-License-Identifier: Apache-2.0
#include "http/conditional.h"

#include <algorithm>

#include "http/text.h"

namespace weir::http {
namespace {

// etagc: VCHAR but the quote, and obs-text.
bool is_opaque(std::string_view text) {
  return all_are(text, kValueChar) && text.find_first_of("\" \t") == std::string_view::npos;
}

}  // namespace

std::string EntityTag::text() const {
  return (weak ? "W/\"" : "\"") + opaque + "\"";
}

std::optional<EntityTag> parse_entity_tag(std::string_view value) {
  bool weak = value.substr(0, 2) == "W/";
  if (weak) value.remove_prefix(2);
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  std::string_view opaque = value.substr(1, value.size() - 2);
  if (!is_opaque(opaque)) return std::nullopt;
  return EntityTag{std::string(opaque), weak};
}

std::string_view unquoted_entity_tag(std::string_view value) {
  value = trim(value);
  if (value.substr(0, 2) == "W/") value.remove_prefix(2);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') return value.substr(1, value.size() - 2);
  return value;
}

bool strongly_equal(const EntityTag& a, const EntityTag& b) {
  return !a.weak && !b.weak && a.opaque == b.opaque;
}

bool weakly_equal(const EntityTag& a, const EntityTag& b) {
  return a.opaque == b.opaque;
}

bool if_none_match_names(const Fields& request, const EntityTag& current) {
  for (std::string_view value : request.all("if-none-match")) {
    if (value == "*") return true;
    while (!value.empty()) {
      auto tag = parse_entity_tag(next_element(value));
      if (tag && weakly_equal(*tag, current)) return true;
    }
  }
  return false;
}

bool if_range_allows(const Fields& request, const EntityTag& current) {
  const auto values = request.all("if-range");
  return std::all_of(values.begin(), values.end(), [&current](std::string_view value) {
    auto tag = parse_entity_tag(value);
    return tag && strongly_equal(*tag, current);
  });
}

}  // namespace weir::http
