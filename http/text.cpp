// SPDX-License-Identifier: Apache-2.0
#include "http/text.h"

#include <algorithm>
#include <limits>

namespace weir::http {
namespace {

// Where the quoted string that begins at `start` ends: behind its closing quote, or at the end of the text.
size_t end_of_quoted(std::string_view text, size_t start) {
  for (size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

}  // namespace

bool all_are(std::string_view text, CharClass wanted) {
  // Without an early exit: the texts are short and nearly always right.
  uint8_t common = wanted;
  for (char c : text) common = static_cast<uint8_t>(common & kCharTable[static_cast<uint8_t>(c)]);
  return common != 0;
}

bool is_token(std::string_view text) {
  return !text.empty() && all_are(text, kTokenChar);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return lower;
}

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<uint64_t> parse_decimal(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  uint64_t value = 0;
  for (char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    auto digit = static_cast<uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::string_view next_element(std::string_view& rest, Brackets brackets) {
  size_t depth = 0;
  size_t end = 0;
  while (end < rest.size() && (depth > 0 || rest[end] != ',')) {
    char c = rest[end];
    if (depth == 0 && c == '"') {
      end = end_of_quoted(rest, end);
      continue;
    }
    if (brackets.open != '\0' && c == brackets.open) ++depth;
    if (depth > 0 && c == brackets.close) --depth;
    ++end;
  }
  std::string_view element = trim(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return element;
}

}  // namespace weir::http
