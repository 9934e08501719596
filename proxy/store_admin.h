// SPDX-License-Identifier: Apache-2.0
// The pages behind weir gc, weir rm and weir pin: GET /-/pins, POST /-/pins/add?repo=..., POST /-/pins/remove?repo=...,
// POST /-/gc?dry_run=1&max_size=N and POST /-/rm?repo=...&path=...&path=...; and weir verify's (verify_exchange.h).
// What changes something is for clients on this machine alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "proxy/exchange.h"
#include "proxy/services.h"

namespace weir::proxy {

// A request that changes something must bear this field.  A browser sends a field of its own making to another site
// only after that site has agreed (a CORS preflight), and Weir never does: so no web page can make its reader's browser
// ask.
inline constexpr std::string_view kCommandField = "Weir-Command";

// Why a request may change nothing here; nothing when it may: it comes from this machine, and not from a web page.
std::optional<std::string> refusal_of_command(const Services& services, const IpAddress& client,
                                              const http::RequestHead& request);

// Null for a path that is none of these.  The caller has checked that the client may see Weir's own pages.
std::unique_ptr<Exchange> open_store_admin(WorkerContext& context, const IpAddress& client,
                                           const http::RequestHead& request, Responder& responder);

// Blocking.  Collects, and says as JSON what went or would go.  Errors: those of Space::collect.
Result<std::string> collect_answer(cas::Space& space, cas::Collect mode, std::optional<uint64_t> max_size);

}  // namespace weir::proxy
