// SPDX-License-Identifier: Apache-2.0
// Serves HTTP on the proxy's port: absolute-form requests, origin-form ones (the hub's, for clients that have Weir for
// their hub), the admin surface, and the words for what is refused.
#pragma once

#include <memory>

#include "base/address.h"
#include "http/refusal.h"
#include "proxy/exchange.h"
#include "proxy/mirror_exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

// What a client may ask for.
enum class Reach { everything, own_pages };

class FrontHandler : public RequestHandler {
 public:
  // `users`: who may use the proxy; null: everybody may.
  FrontHandler(WorkerContext& context, IpAddress client, Scheme scheme, Reach reach,
               std::shared_ptr<Authenticator> users)
      : context_(context), client_(client), scheme_(scheme), reach_(reach), users_(std::move(users)) {}
  std::unique_ptr<Exchange> open(http::RequestHead request, const http::BodyFraming& body,
                                 Responder& responder) override;

 private:
  WorkerContext& context_;
  IpAddress client_;
  Scheme scheme_;
  Reach reach_;
  std::shared_ptr<Authenticator> users_;
};

// Answers every request with the same refusal.
class RefusingHandler : public RequestHandler {
 public:
  explicit RefusingHandler(http::Refusal refusal) : refusal_(std::move(refusal)) {}
  std::unique_ptr<Exchange> open(http::RequestHead request, const http::BodyFraming& body,
                                 Responder& responder) override;

 private:
  http::Refusal refusal_;
};

}  // namespace weir::proxy
