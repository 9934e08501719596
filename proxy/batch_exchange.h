// SPDX-License-Identifier: Apache-2.0
// git-lfs asks the hub where objects are (the batch API); from the answer Weir learns what the places stand for.
#pragma once

#include <memory>

#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

// Relays a batch; a download's loses the xet transfer.
std::unique_ptr<Exchange> make_batch_exchange(WorkerContext& context, Responder& responder, ClientRequest request);

}  // namespace weir::proxy
