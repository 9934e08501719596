// SPDX-License-Identifier: Apache-2.0
#include "hub/path_segments.h"

#include <algorithm>

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

constexpr size_t kMaxPath = 4096;

bool holds_control(std::string_view path) {
  return std::any_of(path.begin(), path.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// How many bytes of `rest` are its first character in UTF-8 (RFC 3629, section 4); 0 when they are none.
size_t size_of_character(std::string_view rest) {
  auto byte = [rest](size_t i) { return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u; };
  auto first = byte(0);
  if (first < 0x80) return 1;
  size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  // Longer than need be, a surrogate, or above what there is.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
  if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
  for (size_t i = 1; i < size; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  return size;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto size = size_of_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool holds_dot_segment(std::string_view path) {
  std::string_view segment;
  for (bool more = true; more;) {
    more = take_segment(path, segment);
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

}  // namespace

std::optional<std::string_view> path_fault(std::string_view target) {
  auto raw = http::split_target(target).path;
  if (raw.size() > kMaxPath) return "is longer than 4096 bytes";
  auto path = http::percent_decode(raw);
  if (!path) return "has a % that two hex digits do not follow";
  if (holds_control(*path)) return "has a control character";
  if (!is_utf8(*path)) return "is not UTF-8";
  if (holds_dot_segment(*path)) return "has a segment \".\" or \"..\"";
  return std::nullopt;
}

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
