// SPDX-License-Identifier: Apache-2.0
// Serves the requests for an intercepted host: checks that they are for it, finds their route, and opens the exchange.
#pragma once

#include <memory>
#include <string>

#include "hub/mirror_urls.h"
#include "proxy/exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

// Makes the exchange for one request to `host`.  The request's target is in origin-form, absolute-form or "*".
// `mirror`: set when the client has Weir for its hub.
std::unique_ptr<Exchange> open_intercepted(WorkerContext& context, const std::string& host, http::RequestHead request,
                                           const http::BodyFraming& body, Responder& responder,
                                           std::shared_ptr<const hub::MirrorUrls> mirror = nullptr);

// The requests inside an intercepted CONNECT.
class InterceptHandler : public RequestHandler {
 public:
  InterceptHandler(WorkerContext& context, std::string host) : context_(context), host_(std::move(host)) {}
  std::unique_ptr<Exchange> open(http::RequestHead request, const http::BodyFraming& body,
                                 Responder& responder) override {
    return open_intercepted(context_, host_, std::move(request), body, responder);
  }
  std::string host() const override { return host_; }

 private:
  WorkerContext& context_;
  std::string host_;
};

}  // namespace weir::proxy
