// SPDX-License-Identifier: Apache-2.0
#include "certs/dns_name.h"

#include <algorithm>

#include "base/log.h"

namespace weir::certs {
namespace {

constexpr size_t kMaxNameBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

// inet_aton and the URL standard read a name with such a last label as an IPv4 address.
bool is_number(std::string_view label) {
  if (label.starts_with("0x")) return std::all_of(label.begin() + 2, label.end(), is_hex_digit);
  return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_dns_name(std::string_view name) {
  if (name.size() > kMaxNameBytes) return false;
  for (;;) {
    auto dot = name.find('.');
    auto label = name.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !is_number(label);
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<std::string> canonical_dns_name(std::string_view text) {
  std::string name(text);
  if (name.ends_with('.')) name.pop_back();
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (!is_dns_name(name))
    return fail(ErrorCode::invalid,
                "'" + log::escaped(text.substr(0, kMaxNameBytes)) +
                    "' is no DNS name; write one like huggingface.co, without a wildcard or an address");
  return name;
}

bool is_within(std::string_view name, std::string_view subtree) {
  if (subtree.empty() || !name.ends_with(subtree)) return false;
  auto rest = name.substr(0, name.size() - subtree.size());
  return rest.empty() || rest.ends_with('.');
}

}  // namespace weir::certs
