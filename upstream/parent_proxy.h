// SPDX-License-Identifier: Apache-2.0
// The proxy between Weir and the origin (a company's), and which hosts are reached without it.  Pure values; immutable
// once made, so any thread may ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/secret.h"

namespace weir::upstream {

struct OriginOptions;

struct ParentProxy {
  enum class Scheme { http, https };

  Scheme scheme = Scheme::http;  // how the proxy itself is spoken to
  std::string host;              // a name, or an IP literal without brackets
  uint16_t port = 0;
  Secret user;  // empty: none.  Basic authentication (RFC 7617)
  Secret password;

  bool operator==(const ParentProxy&) const = default;

  // "http://USER:PASSWORD@HOST:PORT".  Scheme (http), userinfo (percent-encoded; a lone % is one) and port (the
  // scheme's) may be missing; a path is dropped.  Error: invalid, with a sentence that does not quote the text, for
  // it may hold a password.
  static Result<ParentProxy> parse(std::string_view text);
  // "http://host:port": for people, without the userinfo.
  std::string text() const;
};

// A list as in the variable NO_PROXY: "*", names that stand for themselves and all under them (with or without a
// leading "." or "*."), addresses and blocks of them; each with or without a port, parted by commas or spaces.
class NoProxy {
 public:
  NoProxy() = default;
  // Entries that are none of these cover nothing.
  explicit NoProxy(std::string_view list);

  // `host`: a name, or an IP literal without brackets.  A name is never looked up, so blocks cover literals alone.
  bool covers(std::string_view host, uint16_t port) const;

 private:
  struct Entry {
    std::string domain;         // lower case; empty where there is a block, or for all hosts
    std::optional<Cidr> block;  // covers literals
    uint16_t port = 0;          // 0: all

    bool covers(std::string_view host, const std::optional<IpAddress>& literal, uint16_t asked_port) const;
  };
  static std::optional<Entry> parse_entry(std::string_view text);

  std::vector<Entry> entries_;
};

// What goes through which proxy.
struct ParentRoute {
  std::optional<ParentProxy> proxy;  // nothing: all goes directly
  NoProxy except;
  std::string pseudonym;  // Weir's name in the Via of its CONNECT requests, so that a circle of proxies is seen; or ""
};

// The proxy through which host:port is reached; null: directly.  Always direct are the hosts of connect_to, which says
// where they are, and this machine's own names.
const ParentProxy* parent_for(const OriginOptions& options, std::string_view host, uint16_t port);

// True for localhost, names under it (RFC 6761, section 6.3), loopback addresses and the unspecified ones.
bool names_this_machine(std::string_view host);

// True when a connection to the proxy ends at a socket that listens on `own`: at that address, or with any spelling of
// loopback where that is what it listens on.
bool leads_to(const ParentProxy& proxy, const Endpoint& own);

}  // namespace weir::upstream
