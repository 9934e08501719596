// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "cli/environment.h"
#include "cli/proxy_contact.h"
#include "config/config.h"

namespace weir::cli {

// The environment that leads clients to `proxy_url`; makes the CA and the bundle when they are missing.  Blocking.
// Errors: those of make_trust_files.
Result<EnvironmentPlan> plan_clients(const config::Config& config, const Environment& found,
                                     const std::string& proxy_url);

// The environment that has clients take the Weir that answers at `contact` for their hub; makes the CA and the bundle
// where they are needed and missing.  Blocking.  Errors: those of make_trust_files; invalid when it asks for passwords.
Result<EnvironmentPlan> plan_endpoint_clients(const config::Config& config, const Environment& found,
                                              const ProxyContact& contact);

}  // namespace weir::cli
