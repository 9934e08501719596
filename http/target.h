// SPDX-License-Identifier: Apache-2.0
// Where a request goes: authorities, URLs, targets and their queries (RFC 9110, section 4; RFC 9112, section 3.2; RFC
// 3986), as values.  The grammar is narrower than the RFCs': what real clients send, and nothing that two readers could
// understand differently.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/refusal.h"

namespace weir::http {

struct Authority {
  std::string host;  // lower case, without a trailing dot; an IPv6 literal is canonical and without brackets
  uint16_t port = 0;
  bool is_address = false;  // an IPv4 or IPv6 literal

  bool operator==(const Authority&) const = default;
  // host:port, with brackets around an IPv6 literal.
  std::string text() const;
  // The same without the port where it is `default_port`: a Host header.
  std::string text(uint16_t default_port) const;
};

// The target of a CONNECT: host:port or [IPv6 literal]:port, the port 1..65535 in 1 to 5 digits.  400 for all else.  A
// host that ends in a number must be a dotted quad, so that no other spelling of an address passes for a name.
Parsed<Authority> parse_authority(std::string_view text);

// The value of a Host header: the same, where the port may be missing with its colon.
Parsed<Authority> parse_host(std::string_view value, uint16_t default_port);

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // as in Authority
  uint16_t port = 0;
  std::string target;  // path and query as they came, in origin-form: "/a%20b?c=d"
  bool is_address = false;

  bool operator==(const Url&) const = default;
  Authority authority() const { return Authority{host, port, is_address}; }
  // The whole URL; the port is left out where it is the scheme's.
  std::string text() const;
};

// An absolute http or https URL without userinfo.  A fragment is dropped.  400 for all else.
Parsed<Url> parse_url(std::string_view text);

// What a Location means in the answer to a request for `base` (RFC 3986, section 5.2): a URL, "//host/path" or "/path".
// Other relative references are refused; dot segments are kept.
Parsed<Url> resolve_url(const Url& base, std::string_view reference);

struct TargetParts {
  std::string_view path;
  std::string_view query;  // without its question mark

  bool operator==(const TargetParts&) const = default;
};

// Cuts a target in origin-form at its first question mark.  The views last as long as `target`.
TargetParts split_target(std::string_view target);

// Undoes %XX.  Nothing when an escape is not % and two hex digits.  A plus stays a plus.
std::optional<std::string> percent_decode(std::string_view text);

// Escapes all bytes but the unreserved ones and those in `also_kept`, with upper-case digits.
std::string percent_encode(std::string_view text, std::string_view also_kept = "");

// The decoded value of the first parameter of that name in a query ("a=b&c=d"); "" for one without a value.  Nothing
// when there is none or when its escapes are bad.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace weir::http
