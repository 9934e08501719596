// SPDX-License-Identifier: Apache-2.0
// Reads the first request of a client's connection and decides what the connection becomes: an intercepted TLS session,
// a tunnel, or plain HTTP (which also words all refusals).  Pure: bytes in, decision out.  It takes no byte beyond a
// CONNECT's head, for what follows belongs to TLS or to the tunnel.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/head.h"
#include "proxy/host_policy.h"

namespace weir::proxy {

// The request is no CONNECT that Weir carries out: HTTP on this connection, beginning with the bytes that were taken.
// For a CONNECT that is refused, `refusal` says why.
struct SpeakHttp {
  std::optional<http::Refusal> refusal;
  bool operator==(const SpeakHttp&) const = default;
};
using GateDecision = std::variant<Intercept, OpenTunnel, SpeakHttp>;

class ConnectGate {
 public:
  // The policy must outlive the gate.  `pseudonym` is Weir's own name in Via.
  ConnectGate(const HostPolicy& policy, std::string pseudonym, http::HeadLimits limits)
      : policy_(policy), pseudonym_(std::move(pseudonym)), limits_(limits) {}

  // Looks at the next bytes of the connection and returns how many of them it takes (at least one).
  size_t take(std::string_view next);
  // What to do; nothing while the head is incomplete.
  const std::optional<GateDecision>& decision() const { return decision_; }
  // The CONNECT that the decision is about; null when the request is another one or none at all.
  const http::RequestHead* connect() const { return connect_ ? &*connect_ : nullptr; }
  // All bytes that were taken.
  const std::string& taken() const { return taken_; }

 private:
  GateDecision decide();

  const HostPolicy& policy_;
  std::string pseudonym_;
  http::HeadLimits limits_;
  std::string taken_;
  std::optional<http::RequestHead> connect_;
  std::optional<GateDecision> decision_;
};

}  // namespace weir::proxy
