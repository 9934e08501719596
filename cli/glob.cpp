// SPDX-License-Identifier: Apache-2.0
#include "cli/glob.h"

#include <cstdint>
#include <optional>
#include <string>

namespace weir::cli {
namespace {

// Code points; a byte that is no UTF-8 stands for itself.
std::u32string characters_of(std::string_view text) {
  std::u32string out;
  for (size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (i + length > text.size()) length = 1;
    char32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (size_t k = 1; k < length; ++k) point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3fU);
    out += point == U'\\' ? U'/' : point;
    i += length;
  }
  return out;
}

// What a set begins with, "[", stands at `begin`; returns where its "]" is, or nothing when it has none and the bracket
// is a plain character.
std::optional<size_t> end_of_set(std::u32string_view pattern, size_t begin) {
  size_t at = begin + 1;
  if (at < pattern.size() && pattern[at] == U'!') ++at;
  if (at < pattern.size() && pattern[at] == U']') ++at;
  auto end = pattern.find(U']', at);
  return end == std::u32string_view::npos ? std::nullopt : std::optional(end);
}

// `set` is what stands between the brackets.
bool is_in(std::u32string_view set, char32_t c) {
  bool negated = !set.empty() && set.front() == U'!';
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == U'-') {
      found = found || (set[i] <= c && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || set[i] == c;
    }
  }
  return found != negated;
}

// The width in the pattern of what stands for `c` at `at`; nothing when it does not fit.
std::optional<size_t> width_of_match(std::u32string_view pattern, size_t at, char32_t c) {
  if (pattern[at] == U'[')
    if (auto end = end_of_set(pattern, at))
      return is_in(pattern.substr(at + 1, *end - at - 1), c) ? std::optional(*end - at + 1) : std::nullopt;
  if (pattern[at] == U'?' || pattern[at] == c) return 1;
  return std::nullopt;
}

// Only the last star is ever tried anew, so the time is the product of the lengths at most.
bool matches(std::u32string_view pattern, std::u32string_view text) {
  size_t at = 0;
  size_t in_text = 0;
  std::optional<size_t> behind_star;
  size_t star_took = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == U'*') {
      behind_star = ++at;
      star_took = in_text;
      continue;
    }
    auto width = at < pattern.size() ? width_of_match(pattern, at, text[in_text]) : std::nullopt;
    if (width) {
      at += *width;
      ++in_text;
    } else if (behind_star) {
      at = *behind_star;
      in_text = ++star_took;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == U'*') ++at;
  return at == pattern.size();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view path) {
  auto wide = characters_of(pattern);
  if (wide.ends_with(U'/')) wide += U'*';
  return matches(wide, characters_of(path));
}

}  // namespace weir::cli
