// SPDX-License-Identifier: Apache-2.0
// Stands where libcurl opens a socket and lets it connect only to addresses that the policy allows: the check is on the
// very address that is then used, so a name that resolves to something else a moment later gains nothing.  No address
// has more than `address_timeout` to answer.
#pragma once

#include <optional>

#include "base/clock.h"
#include "upstream/address_policy.h"
#include "upstream/curl_handle.h"

namespace weir::upstream {

enum class Reach {
  by_policy,
  operators_choice,  // connect_to names the address, or it is the parent proxy's: the policy is not asked
};

class SocketGate {
 public:
  SocketGate(const AddressPolicy& policy, Reach reach, Duration address_timeout)
      : policy_(policy), reach_(reach), address_timeout_(address_timeout) {}

  // The gate must stay where it is while the handle is used.
  void guard(EasyHandle& easy);
  // Whether a transfer that ended so did because this process or the system has no descriptor left, for a socket or for
  // asking the name server.
  bool lacked_descriptors(CURLcode code) const;
  // An address that was refused, when there was no other that could be tried.
  std::optional<IpAddress> refused() const { return allowed_any_ ? std::nullopt : refused_; }

 private:
  static curl_socket_t open(void* self, curlsocktype purpose, curl_sockaddr* address);
  bool allows(const sockaddr& address);

  const AddressPolicy& policy_;
  Reach reach_;
  Duration address_timeout_;
  bool allowed_any_ = false;
  bool no_descriptors_ = false;
  std::optional<IpAddress> refused_;
};

}  // namespace weir::upstream
