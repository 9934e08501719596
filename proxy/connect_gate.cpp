// SPDX-License-Identifier: Apache-2.0
#include "proxy/connect_gate.h"

#include <algorithm>
#include <utility>

#include "http/via.h"

namespace weir::proxy {
namespace {

constexpr std::string_view kConnect = "CONNECT ";

}  // namespace

size_t ConnectGate::take(std::string_view next) {
  size_t before = taken_.size();
  taken_.append(next);
  auto start = std::string_view(taken_).substr(0, kConnect.size());
  if (start != kConnect.substr(0, start.size())) {
    decision_ = SpeakHttp{};
    return next.size();
  }
  auto end = http::find_head_end(taken_, before);
  if (end) {
    taken_.resize(*end);
    decision_ = decide();
    return *end - before;
  }
  // The HTTP connection refuses a head that is too large in its own words.
  if (taken_.size() > limits_.head) decision_ = SpeakHttp{};
  return next.size();
}

GateDecision ConnectGate::decide() {
  auto head = http::parse_request(taken_, limits_);
  if (!head) return SpeakHttp{};
  auto framing = http::request_framing(*head);
  if (!framing) return SpeakHttp{framing.error()};
  if (framing->kind == http::BodyKind::chunked || framing->length > 0)
    return SpeakHttp{http::Refusal{400, "A CONNECT request has no body."}};
  auto authority = http::parse_authority(head->target);
  if (!authority) return SpeakHttp{authority.error()};
  connect_ = std::move(*head);
  if (http::via_holds(connect_->fields, pseudonym_))
    return SpeakHttp{
        http::Refusal{508, "This request has been through this very Weir before: a proxy setting points back to it."}};
  auto decision = policy_.decide(*authority);
  if (auto* intercept = std::get_if<Intercept>(&decision)) return *intercept;
  if (auto* tunnel = std::get_if<OpenTunnel>(&decision)) return *tunnel;
  return SpeakHttp{std::get<http::Refusal>(decision)};
}

}  // namespace weir::proxy
