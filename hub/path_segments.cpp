// SPDX-License-Identifier: Apache-2.0
#include "hub/path_segments.h"

#include "http/target.h"

namespace weir::hub {
namespace {

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != "..";
}

// Takes the text up to the next '/' off `rest`; tells whether there was one.
bool take_segment(std::string_view& rest, std::string_view& segment) {
  auto slash = rest.find('/');
  segment = rest.substr(0, slash);
  if (slash == std::string_view::npos) return false;
  rest.remove_prefix(slash + 1);
  return true;
}

bool is_clean(std::string_view segment) {
  for (char c : segment)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') return false;
  std::string_view name;
  for (bool more = true; more;) {
    more = take_segment(segment, name);
    if (!is_plain_name(name)) return false;
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::string>> path_segments(std::string_view target) {
  auto rest = http::split_target(target).path;
  if (!rest.starts_with('/')) return std::nullopt;
  rest.remove_prefix(1);
  std::vector<std::string> segments;
  std::string_view raw;
  for (bool more = true; more;) {
    more = take_segment(rest, raw);
    auto segment = http::percent_decode(raw);
    if (!segment || !is_clean(*segment)) return std::nullopt;
    segments.push_back(std::move(*segment));
  }
  return segments;
}

std::string join_segments(std::span<const std::string> segments) {
  std::string joined;
  for (const auto& segment : segments) {
    if (!joined.empty()) joined += '/';
    joined += segment;
  }
  return joined;
}

}  // namespace weir::hub
