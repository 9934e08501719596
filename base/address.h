// SPDX-License-Identifier: Apache-2.0
// IP addresses and blocks of them, and what kind of place an address is.  Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace weir {

// An IPv4 or IPv6 address.  IPv4 is kept in its mapped form (::ffff:a.b.c.d), so a mapped address and its plain
// spelling are equal.
class IpAddress {
 public:
  IpAddress() = default;

  // Dotted quads and RFC 4291 texts without brackets or zone; nothing else (no octal, no one-number forms).
  static std::optional<IpAddress> parse(std::string_view text);
  // Nothing for a family that is not IP.
  static std::optional<IpAddress> from_sockaddr(const sockaddr& address);

  auto operator<=>(const IpAddress&) const = default;
  std::string text() const;
  bool is_v4() const;
  bool is_loopback() const;
  // False for what RFC 6890 and its successors keep from the open internet: loopback, private, shared (CGNAT),
  // link-local, unique local, multicast, unspecified, broadcast, documentation and benchmarking blocks; and for IPv6
  // forms that carry such an IPv4 address (mapped, compatible, translated, NAT64, 6to4).
  bool is_public() const;
  // An IPv6 form that carries an IPv4 address other than mapped (compatible, translated, NAT64, 6to4): that address.
  std::optional<IpAddress> embedded_v4() const;

  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

 private:
  std::array<uint8_t, 16> bytes_{};
};

// A block of addresses in CIDR notation (RFC 4632); a bare address is a block of one.
class Cidr {
 public:
  static std::optional<Cidr> parse(std::string_view text);
  // "10.0.0.0/8"; always with its length.
  std::string text() const;
  bool contains(const IpAddress& address) const;
  bool operator==(const Cidr&) const = default;

 private:
  IpAddress address_;
  unsigned bits_ = 128;
};

bool any_contains(const std::vector<Cidr>& blocks, const IpAddress& address);

// "127.0.0.1:9347" or "[::1]:9347": a numeric address with its port.  Port 0 is allowed: any free one.
struct Endpoint {
  IpAddress address;
  uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
  static std::optional<Endpoint> parse(std::string_view text);
  std::string text() const;
};

}  // namespace weir
