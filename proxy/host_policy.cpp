// SPDX-License-Identifier: Apache-2.0
#include "proxy/host_policy.h"

#include <algorithm>

namespace weir::proxy {
namespace {

constexpr uint16_t kHttpsPort = 443;

bool is_or_is_under(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

bool any_covers(const std::vector<std::string>& domains, std::string_view host) {
  return std::any_of(domains.begin(), domains.end(), [&](const auto& domain) { return is_or_is_under(host, domain); });
}

}  // namespace

HostPolicy::HostPolicy(const InterceptOptions& intercept, const TunnelOptions& tunnel)
    : hosts_(intercept.hosts), except_(intercept.except), tunnel_(tunnel) {}

bool HostPolicy::intercepts(std::string_view host) const {
  return any_covers(hosts_, host) && !any_covers(except_, host);
}

ConnectDecision HostPolicy::decide(const http::Authority& authority) const {
  if (!authority.is_address && intercepts(authority.host)) {
    if (authority.port == kHttpsPort) return Intercept{authority.host};
    return http::Refusal{403, authority.host + " is intercepted, and that on port 443 only."};
  }
  if (tunnel_.policy == TunnelPolicy::deny)
    return http::Refusal{403, "Weir is not set up to reach " + authority.host +
                                  ": [tunnel] policy is \"deny\", and the host is not in [intercept] hosts."};
  if (std::find(tunnel_.ports.begin(), tunnel_.ports.end(), authority.port) == tunnel_.ports.end())
    return http::Refusal{403,
                         "Port " + std::to_string(authority.port) +
                             " is not among those that tunnels may go to; add it to [tunnel] ports if it should be."};
  return OpenTunnel{authority.host, authority.port};
}

}  // namespace weir::proxy
