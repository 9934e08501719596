// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/address.h"

namespace weir::config {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr Unit kTimeUnits[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr int64_t kLongestMs = 1000 * int64_t{86'400'000};

constexpr Unit kSizeUnits[] = {{"B", 1},
                               {"KiB", int64_t{1} << 10},
                               {"MiB", int64_t{1} << 20},
                               {"GiB", int64_t{1} << 30},
                               {"TiB", int64_t{1} << 40},
                               {"KB", 1'000},
                               {"MB", 1'000'000},
                               {"GB", 1'000'000'000},
                               {"TB", 1'000'000'000'000}};
constexpr size_t kBinaryUnits = 5;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_label_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
}

std::optional<int64_t> parse_whole(std::string_view text) {
  int64_t number = 0;
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

// "15s" -> 15 of the unit "s".  Nothing when the number overflows `most`.
template <size_t N>
std::optional<int64_t> parse_with_unit(std::string_view text, const Unit (&units)[N], int64_t most) {
  auto end_of_number = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  auto number = parse_whole(text.substr(0, end_of_number));
  auto name = text.substr(end_of_number);
  auto unit = std::find_if(std::begin(units), std::end(units), [&](const Unit& each) { return each.name == name; });
  if (!number || unit == std::end(units) || *number > most / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

// The name and count of the largest of `units` that divides `number`.
std::string show_in_largest(int64_t number, const Unit* units, size_t count) {
  size_t best = 0;
  for (size_t i = 1; i < count && number != 0; ++i)
    if (number % units[i].factor == 0) best = i;
  return std::to_string(number / units[best].factor) + std::string(units[best].name);
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_label_char);
}

bool is_host_name(std::string_view host) {
  if (host.size() > 253 || host.find('.') == std::string_view::npos) return false;
  size_t begin = 0;
  for (;;) {
    auto dot = host.find('.', begin);
    if (!is_label(host.substr(begin, dot - begin))) return false;
    if (dot == std::string_view::npos) break;
    begin = dot + 1;
  }
  return true;
}

bool is_port(std::string_view text) {
  auto number = text.size() <= 5 ? parse_whole(text) : std::nullopt;
  return number && *number >= 1 && *number <= 65535;
}

// Takes "host:" or "[v6]:" off the front; nothing when there is none.
std::optional<std::string_view> take_part(std::string_view& rest) {
  auto bracket = rest.starts_with('[') ? rest.find(']') : 0;
  auto colon = bracket == std::string_view::npos ? bracket : rest.find(':', bracket);
  if (colon == std::string_view::npos) return std::nullopt;
  auto part = rest.substr(0, colon);
  rest.remove_prefix(colon + 1);
  return part;
}

// A name of any number of labels or an address, IPv6 in brackets.
bool is_host_or_address(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    auto address = IpAddress::parse(text.substr(1, text.size() - 2));
    return address && !address->is_v4();
  }
  return IpAddress::parse(text) ? text.find(':') == std::string_view::npos : is_label(text) || is_host_name(text);
}

struct ProxyUrl {
  std::string_view scheme;     // with "://"
  std::string_view user;       // and password, as they are written
  std::string_view authority;  // and what comes behind it
};

std::optional<ProxyUrl> split_proxy_url(std::string_view text) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    auto rest = text.substr(scheme.size());
    auto at = rest.rfind('@');
    if (at == std::string_view::npos) return ProxyUrl{scheme, {}, rest};
    return ProxyUrl{scheme, rest.substr(0, at), rest.substr(at + 1)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(const Scalar& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    auto ms = parse_with_unit(*text, kTimeUnits, kLongestMs);
    return ms ? std::optional(Duration(*ms)) : std::nullopt;
  }
  double seconds = -1;
  if (const auto* whole = std::get_if<int64_t>(&value)) seconds = static_cast<double>(*whole);
  if (const auto* fraction = std::get_if<double>(&value)) seconds = *fraction;
  // Written so that NaN fails too.
  if (!(seconds >= 0 && seconds * 1000 <= static_cast<double>(kLongestMs))) return std::nullopt;
  return Duration(std::llround(seconds * 1000));
}

std::string show_duration(Duration duration) {
  if (duration == Duration(0)) return "0s";
  return show_in_largest(duration.count(), kTimeUnits, std::size(kTimeUnits));
}

std::optional<uint64_t> parse_size(const Scalar& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    auto bytes = parse_with_unit(*text, kSizeUnits, std::numeric_limits<int64_t>::max());
    return bytes ? std::optional(static_cast<uint64_t>(*bytes)) : std::nullopt;
  }
  const auto* whole = std::get_if<int64_t>(&value);
  if (!whole || *whole < 0) return std::nullopt;
  return static_cast<uint64_t>(*whole);
}

std::string show_size(uint64_t bytes) {
  return show_in_largest(static_cast<int64_t>(bytes), kSizeUnits, kBinaryUnits);
}

std::optional<cas::TimeOfDay> parse_time_of_day(std::string_view text) {
  auto is_digit = [&](size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !is_digit(0) || !is_digit(1) || !is_digit(3) || !is_digit(4))
    return std::nullopt;
  auto number = [&](size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  cas::TimeOfDay time{number(0), number(3)};
  if (time.hour > 23 || time.minute > 59) return std::nullopt;
  return time;
}

Result<std::string> parse_host(const std::string& text) {
  std::string host = text;
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (host.ends_with('.')) host.pop_back();
  auto bare = host.find_first_not_of("*.");
  if (bare != std::string::npos && bare > 0 && is_host_name(host.substr(bare)))
    return fail(ErrorCode::invalid,
                fmt::format("{}: write {} instead, a name stands for itself and everything under it", toml_string(text),
                            toml_string(host.substr(bare))));
  if (host.find("://") != std::string::npos || host.find('/') != std::string::npos)
    return fail(ErrorCode::invalid, toml_string(text) + ": expected a host name alone, without scheme and path");
  if (IpAddress::parse(host))
    return fail(ErrorCode::invalid, toml_string(text) + ": expected a host name, not an address");
  if (!is_host_name(host))
    return fail(ErrorCode::invalid,
                toml_string(text) + ": expected a host name of two labels or more such as \"hf.co\"");
  return host;
}

Result<std::string> parse_machine_name(const std::string& text) {
  if (IpAddress::parse(text))
    return fail(ErrorCode::invalid, toml_string(text) + ": expected a name, not an address: Weir's CA signs for names");
  auto bare = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
  std::transform(bare.begin(), bare.end(), bare.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return is_label(bare) ? Result<std::string>(bare) : parse_host(text);
}

bool is_connect_to(std::string_view text) {
  auto host = take_part(text);
  auto port = host ? take_part(text) : std::nullopt;
  auto address = port ? take_part(text) : std::nullopt;
  return address && (host->empty() || is_host_or_address(*host)) && (port->empty() || is_port(*port)) &&
         is_host_or_address(*address) && is_port(text);
}

bool is_proxy_url(std::string_view text) {
  auto parts = split_proxy_url(text);
  if (!parts) return false;
  auto host = parts->authority;
  if (host.ends_with('/')) host.remove_suffix(1);
  auto colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with(']')) {
    if (!is_port(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return printable && parts->user.find('/') == std::string_view::npos && is_host_or_address(host);
}

std::string without_password(std::string_view proxy_url) {
  auto parts = split_proxy_url(proxy_url);
  if (!parts || parts->user.empty()) return std::string(proxy_url);
  return fmt::format("{}***@{}", parts->scheme, parts->authority);
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace weir::config
