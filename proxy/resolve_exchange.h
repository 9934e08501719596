// SPDX-License-Identifier: Apache-2.0
// A request for a file by its name.  While the hub's last yes to this client for this repository is young, and what the
// hub said of the file is remembered, Weir answers by itself; else the hub is asked.
#pragma once

#include <memory>

#include "hub/route.h"
#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

std::unique_ptr<Exchange> make_resolve_exchange(WorkerContext& context, Responder& responder, ClientRequest request,
                                                const hub::Route& route);

}  // namespace weir::proxy
