// SPDX-License-Identifier: Apache-2.0
// Finds the proxy that serves a store, or starts one in the background for as long as some `weir run` needs it.
// Blocking.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "config/config.h"

namespace weir::cli {

// Where the proxy of the configured store answers.  Whoever calls it holds a RunLease.  `serve_options` are the options
// of `weir serve` (the store's among them) that lead it to this configuration.  Errors: what the proxy said when it
// could not start; timeout.
Result<Endpoint> ensure_proxy(const config::Config& config, const std::vector<std::string>& serve_options);

}  // namespace weir::cli
