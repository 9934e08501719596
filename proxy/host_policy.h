// SPDX-License-Identifier: Apache-2.0
// Which hosts are intercepted, and what becomes of a CONNECT.  Pure and immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/refusal.h"
#include "http/target.h"
#include "proxy/options.h"

namespace weir::proxy {

// TLS is ended here and the requests inside are served by Weir.
struct Intercept {
  std::string host;
  bool operator==(const Intercept&) const = default;
};
// Bytes go to and fro untouched.
struct OpenTunnel {
  std::string host;
  uint16_t port = 0;
  bool operator==(const OpenTunnel&) const = default;
};
using ConnectDecision = std::variant<Intercept, OpenTunnel, http::Refusal>;

class HostPolicy {
 public:
  HostPolicy(const InterceptOptions& intercept, const TunnelOptions& tunnel);

  // `host` in lower case without a trailing dot, as http::parse_authority gives it.
  bool intercepts(std::string_view host) const;
  ConnectDecision decide(const http::Authority& authority) const;

 private:
  std::vector<std::string> hosts_;
  std::vector<std::string> except_;
  TunnelOptions tunnel_;
};

}  // namespace weir::proxy
