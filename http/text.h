// SPDX-License-Identifier: Apache-2.0
// Characters, numbers and lists as HTTP writes them (RFC 9110, section 5.6).  ASCII only: no locale has a say.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::http {

// Classes of bytes; a byte may be of several.
enum CharClass : uint8_t {
  kTokenChar = 1,    // tchar: names of fields, methods, codings
  kValueChar = 2,    // HTAB, SP, VCHAR, obs-text: values of fields
  kTargetChar = 4,   // VCHAR but '#': request targets
  kUnreserved = 8,   // letters, digits and -._~ (RFC 3986, section 2.3)
  kHostChar = 16,    // letters, digits and -_. : names of hosts
  kMethodChar = 32,  // upper-case letters, digits and -_
};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::array<uint8_t, 256> make_char_table() {
  std::array<uint8_t, 256> table{};
  auto mark = [&table](size_t byte, int classes) { table[byte] = static_cast<uint8_t>(table[byte] | classes); };
  auto mark_all = [&mark](std::string_view bytes, int classes) {
    for (char c : bytes) mark(static_cast<uint8_t>(c), classes);
  };
  mark('\t', kValueChar);
  for (size_t byte = 0x20; byte < 0x7f; ++byte) mark(byte, kValueChar);
  for (size_t byte = 0x80; byte < 0x100; ++byte) mark(byte, kValueChar);
  for (size_t byte = 0x21; byte < 0x7f; ++byte) mark(byte, byte == '#' ? 0 : kTargetChar);
  mark_all("0123456789", kTokenChar | kUnreserved | kHostChar | kMethodChar);
  mark_all("ABCDEFGHIJKLMNOPQRSTUVWXYZ", kTokenChar | kUnreserved | kHostChar | kMethodChar);
  mark_all("abcdefghijklmnopqrstuvwxyz", kTokenChar | kUnreserved | kHostChar);
  mark_all("!#$%&'*+-.^_`|~", kTokenChar);
  mark_all("-._~", kUnreserved);
  mark_all("-._", kHostChar);
  mark_all("-_", kMethodChar);
  return table;
}
inline constexpr std::array<uint8_t, 256> kCharTable = make_char_table();

constexpr bool is(char c, CharClass wanted) {
  return (kCharTable[static_cast<uint8_t>(c)] & wanted) != 0;
}

// True when every byte is of that class; also for "".
bool all_are(std::string_view text, CharClass wanted);
// 1*tchar (RFC 9110, section 5.6.2).
bool is_token(std::string_view text);

bool equals_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
std::string lower_case(std::string_view text);

// Without the spaces and tabs at both ends.
std::string_view trim(std::string_view text);

// 1*DIGIT and nothing else.  Nothing when it is not that or does not fit.
std::optional<uint64_t> parse_decimal(std::string_view digits);

// The value of a hex digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  char low = to_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// How an element of a comma-separated list may hide a comma beside quoted strings.
struct Brackets {
  char open = '\0';
  char close = '\0';
};

// Takes the next element off a comma-separated list (RFC 9110, section 5.6.1): commas in a quoted string or in brackets
// do not separate.  The element is trimmed and may be empty.  `rest` is empty when it was the last.
std::string_view next_element(std::string_view& rest, Brackets brackets = {});

}  // namespace weir::http
