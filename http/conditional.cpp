// SPDX-License-Identifier: Apache-2.0
#include "http/conditional.h"

#include <algorithm>

#include "http/date.h"
#include "http/text.h"

namespace weir::http {
namespace {

// etagc: VCHAR but the quote, and obs-text.
bool is_opaque(std::string_view text) {
  return all_are(text, kValueChar) && text.find_first_of("\" \t") == std::string_view::npos;
}

// True when a list of entity tags, or *, names what is there.
bool names(const Fields& request, std::string_view field, const std::optional<EntityTag>& current,
           bool (*equal)(const EntityTag&, const EntityTag&)) {
  for (std::string_view value : request.all(field)) {
    if (value == "*") return true;
    while (!value.empty()) {
      auto tag = parse_entity_tag(next_element(value));
      if (tag && current && equal(*tag, *current)) return true;
    }
  }
  return false;
}

// The one date of a condition; a malformed or doubled one is ignored (RFC 9110, sections 13.1.3 and 13.1.4).
std::optional<int64_t> date_in(const Fields& request, std::string_view field) {
  if (request.count(field) != 1) return std::nullopt;
  return parse_date(request.get(field));
}

// The file cannot have changed twice within the second that its date names (RFC 9110, section 8.8.2.2).
bool has_strong_date(const Validators& current) {
  return current.last_modified && current.date && *current.last_modified < *current.date;
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

Validators validators_of(const Fields& answer) {
  return {parse_entity_tag(answer.get("ETag")), parse_date(answer.get("Last-Modified")),
          parse_date(answer.get("Date"))};
}

Precondition judge_preconditions(const Fields& request, const Validators& current) {
  if (request.has("If-Match")) {
    if (!names(request, "If-Match", current.etag, strongly_equal)) return Precondition::failed;
  } else if (auto since = date_in(request, "If-Unmodified-Since")) {
    if (current.last_modified && *current.last_modified > *since) return Precondition::failed;
  }
  if (request.has("If-None-Match")) {
    if (names(request, "If-None-Match", current.etag, weakly_equal)) return Precondition::not_modified;
  } else if (auto since = date_in(request, "If-Modified-Since")) {
    if (current.last_modified && *current.last_modified <= *since) return Precondition::not_modified;
  }
  return Precondition::met;
}

bool if_range_allows(const Fields& request, const Validators& current) {
  const auto values = request.all("If-Range");
  return std::all_of(values.begin(), values.end(), [&current](std::string_view value) {
    if (auto tag = parse_entity_tag(value)) return current.etag && strongly_equal(*tag, *current.etag);
    auto date = parse_date(value);
    return date && date == current.last_modified && has_strong_date(current);
  });
}

}  // namespace weir::http
