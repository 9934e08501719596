// SPDX-License-Identifier: Apache-2.0
// Requests for files as the hub's clients make them: /resolve, the hub's answer to which is the permission.
#pragma once

#include <memory>

#include "hub/route.h"
#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

// Asks the hub with the client's own credentials, and answers with the file where the hub permits one.
std::unique_ptr<Exchange> make_resolve_exchange(WorkerContext& context, Responder& responder, ClientRequest request,
                                                const hub::Route& route);

}  // namespace weir::proxy
