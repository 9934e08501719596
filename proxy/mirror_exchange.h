// SPDX-License-Identifier: Apache-2.0
// One request of a client that has Weir for its hub (HF_ENDPOINT): it is served as inside an intercepted connection,
// and what the answer says of the hub's URLs is rewritten, so that the client never leaves the mirror.
#pragma once

#include <memory>

#include "proxy/exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

// How a client reached Weir's port.
enum class Scheme { http, https };

// Makes the exchange for a request in origin-form that is not for Weir's own pages.
std::unique_ptr<Exchange> open_mirrored(WorkerContext& context, Scheme scheme, const http::RequestHead& request,
                                        const http::BodyFraming& body, Responder& responder);

}  // namespace weir::proxy
