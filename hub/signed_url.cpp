// SPDX-License-Identifier: Apache-2.0
#include "hub/signed_url.h"

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "http/text.h"
#include "hub/host_roles.h"
#include "hub/timestamps.h"

namespace weir::hub {
namespace {

constexpr size_t kMaxPolicy = 8192;
constexpr size_t kKeySize = 32;

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (http::is_digit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '~') return 63;
  return -1;
}

// Base64 as CloudFront writes it into a query, with - _ ~ for + = /.  The plain alphabet is read as well.
std::optional<std::string> decode_policy(std::string_view text) {
  std::string decoded;
  unsigned bits = 0;
  int held = 0;
  while (text.ends_with('=') || text.ends_with('_')) text.remove_suffix(1);
  for (char c : text) {
    int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    decoded += static_cast<char>(bits >> held & 0xff);
  }
  return decoded;
}

std::optional<WallTime> seconds_in(std::string_view query, std::string_view name) {
  auto seconds = http::parse_decimal(http::query_value(query, name).value_or(""));
  return seconds ? time_of_seconds(*seconds) : std::nullopt;
}

// A custom policy of CloudFront says when its URL ends.
std::optional<WallTime> end_of_policy(std::string_view query) {
  auto text = http::query_value(query, "Policy");
  if (!text || text->size() > kMaxPolicy) return std::nullopt;
  auto decoded = decode_policy(*text);
  if (!decoded) return std::nullopt;
  auto policy = nlohmann::json::parse(*decoded, nullptr, false);
  const nlohmann::json::json_pointer end("/Statement/0/Condition/DateLessThan/AWS:EpochTime");
  if (policy.is_discarded() || !policy.contains(end) || !policy[end].is_number_unsigned()) return std::nullopt;
  return time_of_seconds(policy[end].get<uint64_t>());
}

// {vendor}-Date and {vendor}-Expires: from then, for so many seconds.
std::optional<WallTime> end_of_duration(std::string_view query, std::string_view vendor) {
  auto begin = parse_basic_time(http::query_value(query, std::string(vendor) + "-Date").value_or(""));
  auto duration = seconds_in(query, std::string(vendor) + "-Expires");
  if (!begin || !duration) return std::nullopt;
  return time_of_seconds(static_cast<uint64_t>(unix_seconds(*begin)) + static_cast<uint64_t>(unix_seconds(*duration)));
}

}  // namespace

std::optional<WallTime> expiry_of(std::string_view target) {
  auto query = http::split_target(target).query;
  std::optional<WallTime> earliest;
  for (auto end : {seconds_in(query, "Expires"), end_of_policy(query), end_of_duration(query, "X-Amz"),
                   end_of_duration(query, "X-Goog")})
    if (end && (!earliest || *end < *earliest)) earliest = end;
  return earliest;
}

ObjectName object_name(std::string_view host, std::string_view target) {
  return ObjectName{plain_host(host), std::string(http::split_target(target).path)};
}

UrlHasher::UrlHasher() : key_(random_bytes(kKeySize)) {}

Sha256 UrlHasher::operator()(const http::Url& url) const {
  return hmac_sha256(key_, url.text());
}

}  // namespace weir::hub
