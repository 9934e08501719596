// SPDX-License-Identifier: Apache-2.0
// A GET to a Weir near by, for its own /-/ pages.  Blocking, without TLS, without redirects.
#pragma once

#include <string>
#include <string_view>

#include "base/address.h"
#include "base/clock.h"
#include "base/result.h"

namespace weir::cli {

struct LocalAnswer {
  int status = 0;
  std::string body;
};

// `timeout` is for all of it.  Errors: io when nobody answers there, invalid when it is no HTTP or above 16 MiB,
// timeout.
Result<LocalAnswer> local_get(const Endpoint& server, std::string_view path, Duration timeout);

}  // namespace weir::cli
