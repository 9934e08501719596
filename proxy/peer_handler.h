// SPDX-License-Identifier: Apache-2.0
// Serves another Weir on a connection of peer/tls.h: GET and HEAD /-/blob/sha256/... to those that this one is paired
// with, POST /-/peer/pair to everybody, for it proves a secret.  Whether the caller is paired is looked at before
// anything else, at each request, so nobody else learns what is held, not even from the time that an answer takes.
#pragma once

#include <memory>

#include "base/address.h"
#include "peer/tls.h"
#include "proxy/exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

class PeerHandler : public RequestHandler {
 public:
  PeerHandler(WorkerContext& context, IpAddress client, const peer::Session& session)
      : context_(context), client_(client), session_(session) {}
  std::unique_ptr<Exchange> open(http::RequestHead request, const http::BodyFraming& body,
                                 Responder& responder) override;

 private:
  WorkerContext& context_;
  IpAddress client_;
  peer::Session session_;
};

}  // namespace weir::proxy
