// SPDX-License-Identifier: Apache-2.0
// The page behind weir verify: POST /-/verify?sha256=... rehashes one blob of the store and says what it found, as in
// {"verdict":"right"}.  A blob that the disk does not give is left alone, or with unreadable=quarantine moved away.
// Lives on the connection's loop; hashes on the disk pool, and stops when its client goes.
#pragma once

#include <memory>
#include <string_view>

#include "proxy/exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

// "right", "wrong", "unreadable" or "absent".
std::string_view name_of(cas::Verdict verdict);

// `query` is of the request's target.  The caller has checked that the request may change something.
std::unique_ptr<Exchange> open_verify(WorkerContext& context, std::string_view query, Responder& responder);

}  // namespace weir::proxy
