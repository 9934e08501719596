// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "cli/environment.h"
#include "config/config.h"

namespace weir::cli {

// The environment that leads clients to `proxy_url`; makes the CA and the bundle when they are missing.  Blocking.
// Errors: those of make_trust_files.
Result<EnvironmentPlan> plan_clients(const config::Config& config, const Environment& found,
                                     const std::string& proxy_url);

}  // namespace weir::cli
