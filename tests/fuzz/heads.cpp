// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/heads.h"

#include <algorithm>

#include "http/head.h"
#include "tests/fuzz/target.h"

namespace weir::fuzz {
namespace {

constexpr std::string_view kTokenChars =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

std::string trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

}  // namespace

size_t PlainHead::count(std::string_view name) const {
  return static_cast<size_t>(
      std::count_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; }));
}

std::string PlainHead::get(std::string_view name) const {
  for (const auto& [field, value] : fields)
    if (field == name) return value;
  return "";
}

PlainHead read_plainly(std::string_view head) {
  require(head.size() >= 4 && head.substr(head.size() - 4) == "\r\n\r\n", "a head ends in an empty line");
  std::vector<std::string> lines;
  for (auto rest = head.substr(0, head.size() - 2); !rest.empty();) {
    auto end = rest.find("\r\n");
    require(end != std::string_view::npos, "each line ends in CR LF");
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 2);
  }
  PlainHead plain{lines.at(0), {}};
  for (const auto& line : lines)
    require(!line.empty() && line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
            "no line is empty or holds a CR, LF or NUL");
  for (size_t i = 1; i < lines.size(); ++i) {
    auto colon = lines[i].find(':');
    require(colon != std::string::npos && colon > 0, "each field has a name");
    auto name = lines[i].substr(0, colon);
    require(name.find_first_not_of(kTokenChars) == std::string::npos, "each name is a token");
    plain.fields.emplace_back(lower(name), trimmed(std::string_view(lines[i]).substr(colon + 1)));
  }
  return plain;
}

void require_clear_framing(const PlainHead& head, int minor_version) {
  auto lengths = head.count("content-length");
  auto codings = head.count("transfer-encoding");
  require(lengths + codings <= 1, "a body has one length or one coding");
  if (codings == 1)
    require(minor_version == 1 && head.get("transfer-encoding") == "chunked", "the only coding is chunked, in 1.1");
  if (lengths == 1) {
    auto length = head.get("content-length");
    require(!length.empty() && length.find_first_not_of("0123456789") == std::string::npos, "a length is digits");
    auto digits = length.substr(std::min(length.find_first_not_of('0'), length.size()));
    require(digits.size() < 19 || (digits.size() == 19 && digits <= "9223372036854775807"), "a length is below 2^63");
  }
}

void require_same_end_at_every_cut(std::string_view input) {
  auto end = http::find_head_end(input);
  for (const auto& pieces : cuts_of(input)) {
    size_t seen = 0;
    std::optional<size_t> found;
    for (auto piece : pieces) {
      found = http::find_head_end(input.substr(0, seen + piece.size()), seen);
      if (found) break;
      seen += piece.size();
    }
    require(found == end, "the end of a head does not depend on how it comes");
  }
}

}  // namespace weir::fuzz
