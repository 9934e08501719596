// SPDX-License-Identifier: Apache-2.0
// A request of the hub's read API.  While the hub's last yes to this client holds, and what the hub said is remembered
// and true still, Weir answers by itself; else the hub is asked.
#pragma once

#include <memory>

#include "hub/repo_file.h"
#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

// `about`: what the route names.  Where clients may use Xet, answers have its signs: they pass as they are and are not
// remembered.
std::unique_ptr<Exchange> make_listing_exchange(WorkerContext& context, Responder& responder, ClientRequest request,
                                                const hub::RepoFile& about);

}  // namespace weir::proxy
