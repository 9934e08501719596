// SPDX-License-Identifier: Apache-2.0
// The admin surface: /-/health, /-/status and /-/sources (JSON), /-/metrics (Prometheus text) and /-/ca.pem.  For
// loopback, and for the clients that the configuration names.
#pragma once

#include <memory>

#include "base/address.h"
#include "proxy/exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

std::unique_ptr<Exchange> open_admin(WorkerContext& context, const IpAddress& client, const http::RequestHead& request,
                                     Responder& responder);

}  // namespace weir::proxy
