// SPDX-License-Identifier: Apache-2.0
// The first bytes of a connection: the same decision at every cut, and no way around the policy.
#include "proxy/connect_gate.h"

#include <string>

#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;

struct Decided {
  std::optional<proxy::GateDecision> decision;
  std::string taken;

  bool operator==(const Decided&) const = default;
};

const proxy::HostPolicy& policy() {
  static const proxy::HostPolicy made{proxy::InterceptOptions{},
                                      proxy::TunnelOptions{proxy::TunnelPolicy::allow, {443, 8443}}};
  return made;
}

Decided decide(const std::vector<std::string_view>& pieces) {
  proxy::ConnectGate gate(policy(), "weir-1234", {});
  for (auto piece : pieces) {
    while (!piece.empty() && !gate.decision()) {
      auto taken = gate.take(piece);
      require(taken > 0 && taken <= piece.size(), "at least one byte is taken, and none that is not there");
      piece.remove_prefix(taken);
    }
  }
  return {gate.decision(), gate.taken()};
}

bool is_plain_host(std::string_view host) {
  return !host.empty() && host.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-_.:") == std::string_view::npos;
}

void check_connect(const Decided& decided, std::string_view input) {
  if (std::holds_alternative<proxy::SpeakHttp>(*decided.decision)) return;
  require(decided.taken.starts_with("CONNECT ") && decided.taken.ends_with("\r\n\r\n"),
          "nothing behind the head of a CONNECT is taken");
  require(input.starts_with(decided.taken), "what was taken is what came");
  if (auto* intercept = std::get_if<proxy::Intercept>(&*decided.decision))
    require(is_plain_host(intercept->host) && policy().intercepts(intercept->host), "only the hub is intercepted");
  if (auto* tunnel = std::get_if<proxy::OpenTunnel>(&*decided.decision)) {
    require(is_plain_host(tunnel->host) && !policy().intercepts(tunnel->host), "the hub is never tunnelled");
    require(tunnel->port == 443 || tunnel->port == 8443, "only ports that are allowed are tunnelled to");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = fuzz::text_of(data, size);
  auto whole = decide({input});
  for (const auto& pieces : fuzz::cuts_of(input)) {
    auto cut = decide(pieces);
    require(cut.decision == whole.decision, "the decision does not depend on how the bytes come");
  }
  if (whole.decision) check_connect(whole, input);
  return 0;
}
