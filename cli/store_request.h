// SPDX-License-Identifier: Apache-2.0
// Asks the proxy that serves a store to do something with it, in the words of a command's errors.  Blocking.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/running_server.h"
#include "config/config.h"

namespace weir::cli {

enum class StoreRequest { read, change };

// The body of the answer to `path` ("/-/pins").  Errors: io when it does not answer or not with success; invalid for
// what it takes for a wrong value; refused.
Result<std::string> ask_server(const config::Config& config, const RunningServer& server, StoreRequest request,
                               const std::string& path);

}  // namespace weir::cli
