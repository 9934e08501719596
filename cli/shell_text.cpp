// SPDX-License-Identifier: Apache-2.0
#include "cli/shell_text.h"

#include <algorithm>
#include <cstring>

namespace weir::cli {
namespace {

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || std::strchr("_./:,@%+=-", c);
}

bool is_all_plain(std::string_view text) {
  // strchr finds the terminating zero, too.
  return text.find('\0') == std::string_view::npos && std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace

std::string sh_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string sh_text(const std::vector<Assignment>& assignments) {
  std::string out;
  for (const auto& [name, value] : assignments)
    out += value ? "export " + name + "=" + sh_quoted(*value) + "\n" : "unset " + name + "\n";
  return out;
}

std::string dotenv_quoted(std::string_view text) {
  if (is_all_plain(text)) return std::string(text);
  // Single quotes are literal to every reader, but hold neither their own kind nor, for some, a line's end.
  if (text.find_first_of("'\n\r") == std::string_view::npos) return "'" + std::string(text) + "'";
  std::string out = "\"";
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      if (std::strchr("\"\\$`", c)) out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

std::string dotenv_text(const std::vector<Assignment>& assignments) {
  std::string out;
  for (const auto& [name, value] : assignments)
    if (value) out += name + "=" + dotenv_quoted(*value) + "\n";
  return out;
}

}  // namespace weir::cli
