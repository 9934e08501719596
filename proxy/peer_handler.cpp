// SPDX-License-Identifier: Apache-2.0
#include "proxy/peer_handler.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "peer/pairing.h"
#include "proxy/error_answer.h"
#include "proxy/pair_exchange.h"
#include "proxy/peer_access.h"
#include "proxy/peer_blob_exchange.h"

namespace weir::proxy {

std::unique_ptr<Exchange> PeerHandler::open(http::RequestHead request, const http::BodyFraming&, Responder& responder) {
  auto refuse = [&](int status, std::string message) {
    return std::make_unique<ErrorExchange>(responder, status, std::move(message));
  };
  if (request.target == peer::kPairTarget) {
    if (request.method != "POST") return refuse(405, "Pairing takes POST.");
    return std::make_unique<PairExchange>(context_, client_, session_, request.fields, responder);
  }
  if (!context_.services.peers.list.find(session_.spki))
    return refuse(403,
                  "This Weir does not know you: run weir peer invite on its machine, and weir peer add with the code "
                  "on yours.");
  std::string_view target = request.target;
  if (!target.starts_with(kBlobPrefix)) return refuse(404, "Peers ask for /-/blob/sha256/ and 64 hex digits.");
  auto digest = Sha256::from_hex(target.substr(kBlobPrefix.size()));
  if (!digest) return refuse(400, "Peers ask for /-/blob/sha256/ and 64 lower-case hex digits.");
  if (request.method != "GET" && request.method != "HEAD") return refuse(405, "Blobs are read with GET and HEAD.");
  return std::make_unique<PeerBlobExchange>(context_, responder, *digest, std::move(request));
}

}  // namespace weir::proxy
