// SPDX-License-Identifier: Apache-2.0
#include "cli/client_setup.h"

#include "cli/trust.h"

namespace weir::cli {

Result<EnvironmentPlan> plan_clients(const config::Config& config, const Environment& found,
                                     const std::string& proxy_url) {
  TRY_ASSIGN(auto trust, make_trust_files(config, found));
  auto plan = plan_environment(found, {proxy_url, trust.ca, trust.bundle, config.proxy.intercept.hosts,
                                       config.proxy.intercept.except, config.origin.proxy.source});
  for (auto& warning : origin_roots(found, config.ca.folder).warnings) plan.warnings.push_back(std::move(warning));
  return plan;
}

Result<EnvironmentPlan> plan_endpoint_clients(const config::Config& config, const Environment& found,
                                              const ProxyContact& contact) {
  if (contact.asks_for_password)
    return fail(ErrorCode::invalid,
                "a proxy that asks for names and passwords (proxy.users) cannot be the clients' hub: use weir env");
  const auto& endpoint = config.proxy.endpoint;
  const auto& listen = config.proxy.listen;
  auto name = endpoint.names.empty() ? contact.name : endpoint.names.front();
  EndpointFacts facts;
  if (name.empty()) {
    facts.url = "http://" + contact.endpoint.text();
    facts.host = contact.endpoint.address.text();
  } else {
    facts.url = "https://" + name + ":" + std::to_string(contact.endpoint.port);
    facts.host = name;
  }
  bool signed_by_weir = !name.empty() && (listen.tls ? listen.cert : endpoint.cert).empty();
  if (signed_by_weir) {
    TRY_ASSIGN(auto trust, make_trust_files(config, found));
    facts.ca_file = trust.ca;
    facts.bundle_file = trust.bundle;
  }
  auto plan = plan_endpoint(found, facts);
  if (name.empty() && !(listen.listen.address.is_loopback() && contact.endpoint.address.is_loopback()))
    plan.warnings.push_back(
        "tokens of clients on other machines travel in clear: set [endpoint] names to have https, or let them use Weir "
        "as their proxy");
  return plan;
}

}  // namespace weir::cli
