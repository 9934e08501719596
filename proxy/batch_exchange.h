// SPDX-License-Identifier: Apache-2.0
// git-lfs asks the hub where objects are (the batch API); from the answer Weir learns what the places stand for, and
// that the asker may have the repository's files.  A batch is never remembered itself.
#pragma once

#include <memory>

#include "hub/repo_file.h"
#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

// Relays a batch; a download's loses the xet transfer.  `about`: what the route names.
std::unique_ptr<Exchange> make_batch_exchange(WorkerContext& context, Responder& responder, ClientRequest request,
                                              const hub::RepoFile& about);

}  // namespace weir::proxy
