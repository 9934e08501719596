// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <limits>

#include "http/text.h"

namespace weir::http {
namespace {

constexpr size_t kMaxHost = 253;
constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxPortDigits = 5;
constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

uint16_t default_port_of(std::string_view scheme) {
  return scheme == "https" ? kHttpsPort : kHttpPort;
}

std::optional<uint16_t> parse_port(std::string_view digits) {
  auto port = parse_decimal(digits);
  if (digits.size() > kMaxPortDigits || !port || *port == 0 || *port > std::numeric_limits<uint16_t>::max())
    return std::nullopt;
  return static_cast<uint16_t>(*port);
}

// The canonical text of an IPv6 address; a zone is not taken.
std::optional<std::string> canonical_ipv6(const std::string& text) {
  in6_addr address{};
  char canonical[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  if (!inet_ntop(AF_INET6, &address, canonical, sizeof canonical)) return std::nullopt;
  return std::string(canonical);
}

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

bool labels_fit(std::string_view host) {
  for (size_t start = 0;;) {
    size_t end = std::min(host.find('.', start), host.size());
    if (end == start || end - start > kMaxLabel) return false;
    if (end == host.size()) return true;
    start = end + 1;
  }
}

// True for what the system's own parsers may take for a number as the last part of an address: digits, or 0x and hex
// digits.
bool ends_in_number(std::string_view host) {
  std::string_view last = host.substr(host.rfind('.') + 1);
  if (std::all_of(last.begin(), last.end(), is_digit)) return true;
  return last.substr(0, 2) == "0x" &&
         std::all_of(last.begin() + 2, last.end(), [](char c) { return hex_value(c) >= 0; });
}

struct Host {
  std::string name;
  bool is_address;
};

std::optional<Host> parse_host_name(std::string_view text) {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxHost || !all_are(text, kHostChar) || !labels_fit(text)) return std::nullopt;
  std::string host = lower_case(text);
  if (!ends_in_number(host)) return Host{std::move(host), false};
  if (!is_ipv4(host)) return std::nullopt;
  return Host{std::move(host), true};
}

std::optional<Host> parse_bracketed(std::string_view text) {
  auto canonical = canonical_ipv6(std::string(text));
  // A NUL would end the C string before the text does.
  if (!canonical || text.find('\0') != std::string_view::npos) return std::nullopt;
  return Host{std::move(*canonical), true};
}

// host, host:port, [address] or [address]:port.
std::optional<Authority> parse(std::string_view text, std::optional<uint16_t> default_port) {
  bool bracketed = !text.empty() && text.front() == '[';
  size_t host_end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && host_end == std::string_view::npos) return std::nullopt;
  auto host = bracketed ? parse_bracketed(text.substr(1, host_end - 1)) : parse_host_name(text.substr(0, host_end));
  if (!host) return std::nullopt;
  std::string_view rest =
      host_end == std::string_view::npos ? std::string_view() : text.substr(bracketed ? host_end + 1 : host_end);
  if (!rest.empty() && rest.front() != ':') return std::nullopt;
  auto port = rest.empty() ? default_port : parse_port(rest.substr(1));
  if (!port) return std::nullopt;
  return Authority{std::move(host->name), *port, host->is_address};
}

}  // namespace

std::string Authority::text() const {
  std::string port_text = ":" + std::to_string(port);
  return host.find(':') == std::string::npos ? host + port_text : "[" + host + "]" + port_text;
}

std::string Authority::text(uint16_t default_port) const {
  if (port != default_port) return text();
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string Url::text() const {
  return scheme + "://" + authority().text(default_port_of(scheme)) + target;
}

Parsed<Authority> parse_authority(std::string_view text) {
  auto authority = parse(text, std::nullopt);
  if (!authority)
    return refuse(400, "The target of a CONNECT must be a host name or address and a port, such as example.org:443.");
  return std::move(*authority);
}

Parsed<Authority> parse_host(std::string_view value, uint16_t default_port) {
  auto authority = parse(value, default_port);
  if (!authority) return refuse(400, "The Host must be a host name or address with or without a port.");
  return std::move(*authority);
}

Parsed<Url> parse_url(std::string_view text) {
  size_t colon = text.find("://");
  std::string scheme = colon == std::string_view::npos ? "" : lower_case(text.substr(0, colon));
  if (scheme != "http" && scheme != "https")
    return refuse(400, "The target must be a path or a URL that begins with http:// or https://.");
  text = text.substr(0, text.find('#'));
  std::string_view rest = text.substr(std::min(text.size(), colon + 3));
  size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  auto authority = parse(rest.substr(0, authority_end), default_port_of(scheme));
  std::string_view target = rest.substr(authority_end);
  if (!authority) return refuse(400, "The URL does not name a host, with or without a port, behind its scheme.");
  if (!all_are(target, kTargetChar)) return refuse(400, "The URL holds a character that must be percent-encoded.");
  std::string origin_form = target.empty() || target.front() == '?' ? "/" : "";
  origin_form.append(target);
  return Url{std::move(scheme), std::move(authority->host), authority->port, std::move(origin_form),
             authority->is_address};
}

Parsed<Url> resolve_url(const Url& base, std::string_view reference) {
  if (reference.substr(0, 2) == "//") return parse_url(base.scheme + ":" + std::string(reference));
  if (reference.substr(0, 1) != "/") return parse_url(reference);
  std::string_view target = reference.substr(0, reference.find('#'));
  if (!all_are(target, kTargetChar)) return refuse(400, "The URL holds a character that must be percent-encoded.");
  Url url = base;
  url.target = target;
  return url;
}

TargetParts split_target(std::string_view target) {
  size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text, std::string_view also_kept) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (char c : text) {
    if (is(c, kUnreserved) || also_kept.find(c) != std::string_view::npos) {
      encoded.push_back(c);
      continue;
    }
    auto byte = static_cast<uint8_t>(c);
    encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return encoded;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    size_t end = std::min(query.find('&'), query.size());
    std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    size_t equals = std::min(pair.find('='), pair.size());
    if (percent_decode(pair.substr(0, equals)) != std::string(name)) continue;
    return percent_decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

}  // namespace weir::http
