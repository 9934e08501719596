// SPDX-License-Identifier: Apache-2.0
#include "proxy/peer_admin.h"

#include <nlohmann/json.hpp>
#include <string>

#include "peer/join_code.h"
#include "proxy/error_answer.h"
#include "proxy/peer_access.h"
#include "proxy/store_admin.h"

namespace weir::proxy {
namespace {

class InviteExchange : public Exchange {
 public:
  InviteExchange(WorkerContext& context, Responder& responder) : context_(context), responder_(responder) {}

  void start() override {
    auto& services = context_.services;
    peer::JoinCode code{peer::prefix_of(services.peers.identity.spki),
                        services.peers.invitations.open(monotonic_now())};
    nlohmann::ordered_json json;
    json["code"] = code.text().reveal();
    json["listen"] = services.listening.text();
    json["name"] = services.peers.name;
    json["expires_at"] = unix_seconds(wall_now() + peer::kInvitationTime);
    answer_text(responder_, 200, "application/json", json.dump() + "\n");
  }

 private:
  WorkerContext& context_;
  Responder& responder_;
};

}  // namespace

std::unique_ptr<Exchange> open_peer_admin(WorkerContext& context, const IpAddress& client,
                                          const http::RequestHead& request, Responder& responder) {
  if (request.target != "/-/peers/invite") return nullptr;
  if (request.method != "POST") return std::make_unique<ErrorExchange>(responder, 405, "This page takes POST.");
  if (auto refusal = refusal_of_command(context.services, client, request))
    return std::make_unique<ErrorExchange>(responder, 403, *refusal);
  return std::make_unique<InviteExchange>(context, responder);
}

}  // namespace weir::proxy
