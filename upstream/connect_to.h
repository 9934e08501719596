// SPDX-License-Identifier: Apache-2.0
// The operator's own choice of where a host's connections go: entries HOST:PORT:ADDR:PORT as in curl's --connect-to.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::upstream {

// One entry.  An empty HOST or PORT matches all; an empty ADDR or PORT leaves that part as it is.
struct ConnectTo {
  std::string host;     // without brackets
  uint16_t port = 0;    // 0: all
  std::string address;  // a name or an IP literal without brackets
  uint16_t address_port = 0;

  bool operator==(const ConnectTo&) const = default;

  // IPv6 literals are in brackets.  Error: invalid, with a sentence that quotes the entry.
  static Result<ConnectTo> parse(std::string_view entry);
  bool matches(std::string_view asked_host, uint16_t asked_port) const;
};

// True when the operator chose the address that host:port is connected to: the first entry that matches, which is the
// one that libcurl uses, names an address.  Entries that do not parse match nothing.
bool is_operators_choice(const std::vector<std::string>& entries, std::string_view host, uint16_t port);

// True when any entry matches host:port, with an address or without.  Entries that do not parse match nothing.
bool has_entry(const std::vector<std::string>& entries, std::string_view host, uint16_t port);

}  // namespace weir::upstream
