// SPDX-License-Identifier: Apache-2.0
#include "peer/pairing.h"

#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "http/text.h"
#include "peer/channel.h"

namespace weir::peer {
namespace {

constexpr Duration kTimeout{15'000};
constexpr std::string_view kProof = "Weir-Proof";
constexpr std::string_view kName = "Weir-Name";
constexpr std::string_view kPort = "Weir-Port";

uint16_t port_in(std::string_view text) {
  auto port = http::parse_decimal(text);
  return port && *port <= 65535 ? static_cast<uint16_t>(*port) : uint16_t{0};
}

// The first line of what the host says.
std::string sentence_in(const Answer& answer) {
  return log::escaped(std::string_view(answer.body).substr(0, std::min(answer.body.find('\n'), size_t{400})));
}

}  // namespace

http::Fields fields_of(const Introduction& introduction) {
  http::Fields fields{{std::string(kProof), introduction.proof.hex()}, {std::string(kName), introduction.name}};
  if (introduction.port != 0) fields.add(kPort, std::to_string(introduction.port));
  return fields;
}

std::optional<Introduction> introduction_in(const http::Fields& fields) {
  auto proof = Sha256::from_hex(fields.get(kProof));
  if (!proof) return std::nullopt;
  return Introduction{*proof, plain_name(fields.get(kName)), port_in(fields.get(kPort))};
}

Result<Peer> join(const http::Authority& host, const JoinCode& code, const Guest& guest, WallTime now) {
  if (prefix_of(guest.identity.spki) == code.host)
    return fail(ErrorCode::invalid, "this Weir printed that code itself: type it on the other machine");
  auto is_host = [&](const Sha256& spki) { return prefix_of(spki) == code.host; };
  TRY_ASSIGN(auto channel, Channel::open(host, guest.identity, is_host, kTimeout));
  const auto& session = channel->session();
  Binding binding{session.exporter, session.spki, guest.identity.spki};
  http::RequestHead request{"POST", std::string(kPairTarget), 1,
                            fields_of({proof_of(code.secret, binding, Role::guest), guest.name, guest.port})};
  request.fields.add("Content-Length", "0");
  TRY_ASSIGN(auto answer, channel->ask(request));
  if (answer.head.status != 200)
    return fail(answer.head.status == 403 ? ErrorCode::refused : ErrorCode::io,
                host.text() + " answers with " + std::to_string(answer.head.status) + ": " + sentence_in(answer));
  auto introduction = introduction_in(answer.head.fields);
  if (!introduction || !same_proof(introduction->proof, proof_of(code.secret, binding, Role::host)))
    return fail(ErrorCode::refused, host.text() + " does not prove that it knows the code; nothing was written down");
  return Peer{introduction->name, host, session.spki, now};
}

std::string own_name() {
  char name[256] = {};
  return plain_name(::gethostname(name, sizeof name - 1) == 0 ? name : "");
}

}  // namespace weir::peer
