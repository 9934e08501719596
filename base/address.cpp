// SPDX-License-Identifier: Apache-2.0
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace weir {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Blocks that are no place of the open internet: the special-purpose registries of IANA (RFC 6890, RFC 8190).
const std::vector<Cidr>& reserved_blocks() {
  static const auto* const blocks = [] {
    auto* made = new std::vector<Cidr>;
    for (auto text :
         {"0.0.0.0/8",    "10.0.0.0/8",    "100.64.0.0/10",  "127.0.0.0/8",   "169.254.0.0/16",  "172.16.0.0/12",
          "192.0.0.0/24", "192.0.2.0/24",  "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
          "224.0.0.0/4",  "240.0.0.0/4",   "::/128",         "::1/128",       "64:ff9b:1::/48",  "100::/64",
          "2001::/23",    "2001:db8::/32", "3fff::/20",      "5f00::/16",     "fc00::/7",        "fe80::/10",
          "fec0::/10",    "ff00::/8"})
      made->push_back(*Cidr::parse(text));
    return made;
  }();
  return *blocks;
}

IpAddress v4_at(const std::array<uint8_t, 16>& bytes, size_t offset) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::memcpy(&address.sin_addr, bytes.data() + offset, 4);
  return *IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(address));
}

bool all_zero(const std::array<uint8_t, 16>& bytes, size_t begin, size_t end) {
  return std::all_of(bytes.begin() + static_cast<ptrdiff_t>(begin), bytes.begin() + static_cast<ptrdiff_t>(end),
                     [](uint8_t byte) { return byte == 0; });
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text, Number most) {
  Number value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || value > most) return std::nullopt;
  return value;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::string zero_ended(text);
  if (zero_ended.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET6, zero_ended.c_str(), address.bytes_.data()) == 1) return address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
  if (inet_pton(AF_INET, zero_ended.c_str(), address.bytes_.data() + 12) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::from_sockaddr(const sockaddr& address) {
  IpAddress result;
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), result.bytes_.begin());
    std::memcpy(result.bytes_.data() + 12, &v4.sin_addr, 4);
    return result;
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(result.bytes_.data(), &v6.sin6_addr, 16);
    return result;
  }
  return std::nullopt;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN] = "";
  if (is_v4()) {
    inet_ntop(AF_INET, bytes_.data() + 12, buffer, sizeof buffer);
  } else {
    inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
  }
  return buffer;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[12] == 127;
  return all_zero(bytes_, 0, 15) && bytes_[15] == 1;
}

std::optional<IpAddress> IpAddress::embedded_v4() const {
  if (is_v4()) return std::nullopt;
  static constexpr uint8_t kNat64[] = {0x00, 0x64, 0xff, 0x9b};
  if (std::equal(std::begin(kNat64), std::end(kNat64), bytes_.begin()) && all_zero(bytes_, 4, 12))
    return v4_at(bytes_, 12);
  if (bytes_[0] == 0x20 && bytes_[1] == 0x02) return v4_at(bytes_, 2);
  static constexpr uint8_t kTranslated[] = {0xff, 0xff, 0x00, 0x00};
  if (all_zero(bytes_, 0, 8) && std::equal(std::begin(kTranslated), std::end(kTranslated), bytes_.begin() + 8))
    return v4_at(bytes_, 12);
  bool compatible = all_zero(bytes_, 0, 12) && !is_loopback() && !all_zero(bytes_, 12, 16);
  if (compatible) return v4_at(bytes_, 12);
  return std::nullopt;
}

bool IpAddress::is_public() const {
  if (any_contains(reserved_blocks(), *this)) return false;
  auto embedded = embedded_v4();
  return !embedded || embedded->is_public();
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  auto slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  Cidr block;
  block.address_ = *address;
  if (slash == std::string_view::npos) return block;
  // A mapped spelling counts its bits as IPv6 does.
  unsigned width = text.find(':') == std::string_view::npos ? 32 : 128;
  auto bits = parse_number<unsigned>(text.substr(slash + 1), width);
  if (!bits) return std::nullopt;
  block.bits_ = 128 - width + *bits;
  // One that begins within the mapped addresses and is wider than they are is neither IPv4 nor IPv6.
  if (address->is_v4() && block.bits_ < 96) return std::nullopt;
  return block;
}

std::string Cidr::text() const {
  return address_.text() + "/" + std::to_string(address_.is_v4() ? bits_ - 96 : bits_);
}

bool Cidr::contains(const IpAddress& address) const {
  size_t whole = bits_ / 8;
  const auto& a = address_.bytes();
  const auto& b = address.bytes();
  if (!std::equal(a.begin(), a.begin() + static_cast<ptrdiff_t>(whole), b.begin())) return false;
  unsigned rest = bits_ % 8;
  return rest == 0 || (a[whole] >> (8 - rest)) == (b[whole] >> (8 - rest));
}

bool any_contains(const std::vector<Cidr>& blocks, const IpAddress& address) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const Cidr& block) { return block.contains(address); });
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  auto address = IpAddress::parse(host);
  auto port = parse_number<uint16_t>(text.substr(colon + 1), 65535);
  if (!address || !port || bracketed == (host.find(':') == std::string_view::npos)) return std::nullopt;
  return Endpoint{*address, *port};
}

std::string Endpoint::text() const {
  auto host = address.text();
  return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

}  // namespace weir
