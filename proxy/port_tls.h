// SPDX-License-Identifier: Apache-2.0
// The TLS of the proxy's own port ([proxy] tls): what clients that use https:// in HTTPS_PROXY meet first.
#pragma once

#include <memory>

#include "base/result.h"
#include "certs/leaf_cache.h"
#include "proxy/options.h"

struct ssl_ctx_st;

namespace weir::proxy {

// A server context for the port, for any thread: with the operator's certificate, which is read now, or with a leaf of
// Weir's CA for the name that the client asks for (the first of the names when it asks for none of them).  `leaves`
// must outlive it.  Errors: invalid for files that do not fit, and for a name that the CA may not sign for.
Result<std::shared_ptr<ssl_ctx_st>> make_port_tls(const ListenOptions& options, certs::LeafCache& leaves);

}  // namespace weir::proxy
