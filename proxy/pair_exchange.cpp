// SPDX-License-Identifier: Apache-2.0
#include "proxy/pair_exchange.h"

#include "base/log.h"
#include "peer/pairing.h"
#include "peer/proof.h"
#include "proxy/error_answer.h"
#include "proxy/peer_access.h"

namespace weir::proxy {
namespace {

using peer::Role;

// The same for every reason: who knows no code learns nothing.
constexpr char kBadCode[] =
    "This join code is not good: it is wrong, or was tried before, or is older than 10 minutes; weir peer invite makes "
    "another.";

}  // namespace

void PairExchange::start() {
  auto& peers = context_.services.peers;
  auto guest = peer::introduction_in(request_);
  if (!guest) return answer_error(responder_, 400, "Pairing needs a proof.");
  auto secret = peers.invitations.use(monotonic_now());
  peer::Binding binding{session_.exporter, peers.identity.spki, session_.spki};
  if (!secret || !peer::same_proof(guest->proof, peer::proof_of(*secret, binding, Role::guest))) {
    log::warning("{} tried to pair with a join code that is not good", client_.text());
    return answer_error(responder_, 403, kBadCode);
  }
  auto port = guest->port == 0 ? peer::kDefaultPort : guest->port;
  write_down({guest->name, {client_.text(), port, true}, session_.spki, wall_now()},
             peer::proof_of(*secret, binding, Role::host));
}

void PairExchange::write_down(const peer::Peer& guest, const Sha256& proof) {
  task_ = context_.services.disk.submit<Result<void>>(
      context_.loop, [&list = context_.services.peers.list, guest] { return list.add(guest); },
      [this, guest, proof](Result<void> added) {
        if (!added) {
          log::error("pairing with {}: {}", client_.text(), added.error().message);
          return answer_error(responder_, 500, "This Weir could not write its new peer down; its log says why.");
        }
        answer(guest, proof);
      });
}

void PairExchange::answer(const peer::Peer& guest, const Sha256& proof) {
  log::info("paired with {} at {}, key {}", guest.name, guest.address.text(), guest.spki.hex());
  auto head = own_head(200, "");
  for (const auto& field : peer::fields_of({proof, context_.services.peers.name, 0})) head.fields.add(field);
  responder_.send_head(std::move(head), 0);
  responder_.finish();
}

}  // namespace weir::proxy
