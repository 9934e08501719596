// SPDX-License-Identifier: Apache-2.0
#include "cli/client_setup.h"

#include "cli/trust.h"

namespace weir::cli {

Result<EnvironmentPlan> plan_clients(const config::Config& config, const Environment& found,
                                     const std::string& proxy_url) {
  TRY_ASSIGN(auto trust, make_trust_files(config, found));
  auto plan = plan_environment(
      found, {proxy_url, trust.ca, trust.bundle, config.proxy.intercept.hosts, config.proxy.intercept.except});
  for (auto& warning : origin_roots(found, config.ca.folder).warnings) plan.warnings.push_back(std::move(warning));
  return plan;
}

}  // namespace weir::cli
