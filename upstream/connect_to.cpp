// SPDX-License-Identifier: Apache-2.0
#include "upstream/connect_to.h"

#include <charconv>
#include <optional>

#include "http/text.h"

namespace weir::upstream {
namespace {

// Takes "name:" or "[literal]:" off `rest`.
std::optional<std::string> take_host(std::string_view& rest) {
  bool bracketed = rest.starts_with('[');
  size_t end = bracketed ? rest.find(']') : rest.find(':');
  if (end == std::string_view::npos) return std::nullopt;
  auto host = bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
  if (bracketed && host.empty()) return std::nullopt;
  rest.remove_prefix(bracketed ? end + 1 : end);
  if (!rest.starts_with(':')) return std::nullopt;
  rest.remove_prefix(1);
  return std::string(host);
}

// 0 for an empty text.
std::optional<uint16_t> parse_port(std::string_view text) {
  if (text.empty()) return uint16_t{0};
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<ConnectTo> parse_entry(std::string_view rest) {
  ConnectTo result;
  auto host = take_host(rest);
  if (!host) return std::nullopt;
  size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto port = parse_port(rest.substr(0, colon));
  rest.remove_prefix(colon + 1);
  auto address = take_host(rest);
  auto address_port = parse_port(rest);
  if (!port || !address || !address_port) return std::nullopt;
  return ConnectTo{std::move(*host), *port, std::move(*address), *address_port};
}

std::optional<ConnectTo> first_match(const std::vector<std::string>& entries, std::string_view host, uint16_t port) {
  for (const auto& entry : entries) {
    auto parsed = ConnectTo::parse(entry);
    if (parsed && parsed->matches(host, port)) return *std::move(parsed);
  }
  return std::nullopt;
}

}  // namespace

Result<ConnectTo> ConnectTo::parse(std::string_view entry) {
  auto parsed = parse_entry(entry);
  if (parsed) return *std::move(parsed);
  return fail(ErrorCode::invalid, "'" + std::string(entry) +
                                      "' is not of the form HOST:PORT:ADDR:PORT, with brackets around an IPv6 address");
}

bool ConnectTo::matches(std::string_view asked_host, uint16_t asked_port) const {
  return (host.empty() || http::equals_ignoring_case(host, asked_host)) && (port == 0 || port == asked_port);
}

bool is_operators_choice(const std::vector<std::string>& entries, std::string_view host, uint16_t port) {
  auto entry = first_match(entries, host, port);
  return entry && !entry->address.empty();
}

bool has_entry(const std::vector<std::string>& entries, std::string_view host, uint16_t port) {
  return first_match(entries, host, port).has_value();
}

}  // namespace weir::upstream
