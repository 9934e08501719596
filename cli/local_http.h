// SPDX-License-Identifier: Apache-2.0
// A request to a Weir near by, for its own /-/ pages.  Blocking, without redirects.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "cli/proxy_contact.h"

namespace weir::cli {

struct LocalAnswer {
  int status = 0;
  std::string body;
};

// `timeout` is for all of it.  Errors: io when nobody answers there, invalid when it is no HTTP or above 16 MiB,
// timeout, refused for a certificate that is not the proxy's.
Result<LocalAnswer> local_get(const ProxyContact& server, std::string_view path, Duration timeout);
// The same for a page that changes something; without a body.  `stop` is that of LocalConnection.
Result<LocalAnswer> local_post(const ProxyContact& server, std::string_view path, Duration timeout, int stop = -1);

}  // namespace weir::cli
