// SPDX-License-Identifier: Apache-2.0
// The hub's JSON about repositories and their files.
#pragma once

#include <memory>

#include "hub/repo_file.h"
#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

// Relays a listing without the Xet hashes of its files (hub/listing_filter.h).  `about`: what the route names; the
// catalog learns which commit its revision is.
std::unique_ptr<Exchange> make_listing_exchange(WorkerContext& context, Responder& responder,
                                                const ClientRequest& request, const hub::RepoFile& about);

}  // namespace weir::proxy
