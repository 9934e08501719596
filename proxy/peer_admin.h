// SPDX-License-Identifier: Apache-2.0
// The page behind weir peer invite: POST /-/peers/invite, for clients on this machine alone.  Answers with the join
// code, as JSON.
#pragma once

#include <memory>

#include "base/address.h"
#include "proxy/exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

// Null for another path.  The caller has checked that the client may see Weir's own pages.
std::unique_ptr<Exchange> open_peer_admin(WorkerContext& context, const IpAddress& client,
                                          const http::RequestHead& request, Responder& responder);

}  // namespace weir::proxy
