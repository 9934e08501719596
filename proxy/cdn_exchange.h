// SPDX-License-Identifier: Apache-2.0
// Requests to the hub's CDN that come straight from a client: git-lfs, an old Location, a file too large for Weir's own
// answer.
#pragma once

#include <memory>

#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

// Answers from the store what the hub has named, to whoever holds a URL that the hub issued through this process and
// that has not expired, or one that the CDN accepts now.  What Weir knows nothing about passes through.
std::unique_ptr<Exchange> make_cdn_exchange(WorkerContext& context, Responder& responder, ClientRequest request);

}  // namespace weir::proxy
