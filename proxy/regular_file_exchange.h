// SPDX-License-Identifier: Apache-2.0
// Requests for regular files (README.md, config.json) at /api/resolve-cache.
#pragma once

#include <memory>

#include "hub/repo_file.h"
#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

// Answers from the store while the hub's yes to this client for this repository is young, else asks the hub.  Of
// several who come with the same credentials one asks, and the others wait a little for the file to be stored.
std::unique_ptr<Exchange> make_regular_file_exchange(WorkerContext& context, Responder& responder,
                                                     ClientRequest request, const hub::RepoFile& file);

}  // namespace weir::proxy
