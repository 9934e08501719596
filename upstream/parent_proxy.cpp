// SPDX-License-Identifier: Apache-2.0
#include "upstream/parent_proxy.h"

#include <algorithm>

#include "http/target.h"
#include "http/text.h"
#include "upstream/connect_to.h"
#include "upstream/options.h"

namespace weir::upstream {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr std::string_view kSeparators = ", \t";
constexpr uint64_t kLastPort = 65535;

tl::unexpected<Error> no_proxy_url() {
  return fail(ErrorCode::invalid,
              "expected the URL of a proxy such as \"http://proxy.example:3128\", with a user as "
              "\"http://USER:PASSWORD@proxy.example:3128\", where other characters than letters and digits are "
              "percent-encoded (%23 for #, %2F for /)");
}

bool begins_escape(std::string_view text) {
  return text.size() > 2 && http::hex_value(text[1]) >= 0 && http::hex_value(text[2]) >= 0;
}

// A % that begins no escape stands for itself, as curl has it.
std::string with_every_percent_escaped(std::string_view text) {
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    escaped += text[i];
    if (text[i] == '%' && !begins_escape(text.substr(i))) escaped += "25";
  }
  return escaped;
}

// Undoes the escapes of a user's name or password.  Nothing when they stand for a control character.
std::optional<Secret> decoded(std::string_view text) {
  auto plain = http::percent_decode(with_every_percent_escaped(text));
  if (!plain || std::any_of(plain->begin(), plain->end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return std::nullopt;
  return Secret(*plain);
}

bool is_unspecified(const IpAddress& address) {
  return address == IpAddress() || address == *IpAddress::parse("0.0.0.0");
}

// Takes ":port" off the end.  Nothing when it is no port; 0 when there is none.
std::optional<uint16_t> take_port(std::string_view& text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) return uint16_t{0};
  auto port = http::parse_decimal(text.substr(colon + 1));
  if (!port || *port == 0 || *port > kLastPort) return std::nullopt;
  text.remove_suffix(text.size() - colon);
  return static_cast<uint16_t>(*port);
}

bool lies_in(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

std::string without_end_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return http::lower_case(name);
}

}  // namespace

Result<ParentProxy> ParentProxy::parse(std::string_view text) {
  text = http::trim(text);
  std::string scheme = "http";
  if (auto end = text.find(kSchemeEnd); end != std::string_view::npos) {
    scheme = http::lower_case(text.substr(0, end));
    text.remove_prefix(end + kSchemeEnd.size());
  }
  auto path = std::min(text.find_first_of("/?#"), text.size());
  // What looks like a path is the rest of a password that was not encoded.
  if (text.find('@', path) != std::string_view::npos) return no_proxy_url();
  text = text.substr(0, path);
  ParentProxy proxy;
  if (auto at = text.rfind('@'); at != std::string_view::npos) {
    auto userinfo = text.substr(0, at);
    auto colon = std::min(userinfo.find(':'), userinfo.size());
    auto user = decoded(userinfo.substr(0, colon));
    auto password = decoded(userinfo.substr(std::min(colon + 1, userinfo.size())));
    // A colon ends the user's name (RFC 7617, section 2).
    if (!user || !password || user->reveal().find(':') != std::string::npos) return no_proxy_url();
    proxy.user = *std::move(user);
    proxy.password = *std::move(password);
    text.remove_prefix(at + 1);
  }
  auto url = http::parse_url(scheme + std::string(kSchemeEnd) + std::string(text) + "/");
  if (!url) return no_proxy_url();
  proxy.scheme = url->scheme == "https" ? Scheme::https : Scheme::http;
  proxy.host = std::move(url->host);
  proxy.port = url->port;
  return proxy;
}

std::string ParentProxy::text() const {
  return (scheme == Scheme::https ? "https://" : "http://") + http::Authority{host, port}.text();
}

NoProxy::NoProxy(std::string_view list) {
  while (!list.empty()) {
    auto end = std::min(list.find_first_of(kSeparators), list.size());
    if (auto entry = parse_entry(list.substr(0, end))) entries_.push_back(*std::move(entry));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

std::optional<NoProxy::Entry> NoProxy::parse_entry(std::string_view text) {
  Entry entry;
  if (text == "*") return entry;
  if (auto block = Cidr::parse(text)) {
    entry.block = *block;
    return entry;
  }
  auto port = take_port(text);
  if (!port) return std::nullopt;
  entry.port = *port;
  if (text == "*") return entry;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (auto block = Cidr::parse(text)) {
    entry.block = *block;
    return entry;
  }
  if (text.starts_with("*.")) text.remove_prefix(1);
  if (text.starts_with('.')) text.remove_prefix(1);
  entry.domain = without_end_dot(text);
  return entry.domain.empty() ? std::nullopt : std::optional(std::move(entry));
}

bool NoProxy::Entry::covers(std::string_view host, const std::optional<IpAddress>& literal, uint16_t asked_port) const {
  if (port != 0 && port != asked_port) return false;
  if (block) return literal && block->contains(*literal);
  return domain.empty() || (!literal && lies_in(host, domain));
}

bool NoProxy::covers(std::string_view host, uint16_t port) const {
  if (entries_.empty()) return false;
  auto name = without_end_dot(host);
  auto literal = IpAddress::parse(host);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.covers(name, literal, port); });
}

bool names_this_machine(std::string_view host) {
  if (auto literal = IpAddress::parse(host)) return literal->is_loopback() || is_unspecified(*literal);
  return lies_in(without_end_dot(host), "localhost");
}

const ParentProxy* parent_for(const OriginOptions& options, std::string_view host, uint16_t port) {
  const auto& route = options.parent;
  if (!route.proxy || names_this_machine(host) || has_entry(options.connect_to, host, port)) return nullptr;
  return route.except.covers(host, port) ? nullptr : &*route.proxy;
}

bool leads_to(const ParentProxy& proxy, const Endpoint& own) {
  if (proxy.port != own.port) return false;
  if (IpAddress::parse(proxy.host) == own.address) return true;
  bool on_loopback = own.address.is_loopback() || is_unspecified(own.address);
  return on_loopback && names_this_machine(proxy.host);
}

}  // namespace weir::upstream
