// SPDX-License-Identifier: Apache-2.0
// weir env
#include <fmt/core.h>

#include <memory>

#include "cli/client_setup.h"
#include "cli/command.h"
#include "cli/proxy_contact.h"
#include "cli/running_server.h"
#include "cli/shell_text.h"

namespace weir::cli {
namespace {

struct EnvOptions {
  ConfigChoice config;
  std::string shell = "sh";
  bool unset = false;
  bool endpoint = false;
};

// Where clients find the proxy: where it says that it listens, else where it would.
ProxyContact proxy_contact(const config::Config& config) {
  auto server = find_server(config);
  if (server && *server && (*server)->address) return contact_of(config, *(*server)->address);
  return contact_of(config, reachable(config.proxy.listen.listen));
}

int print_restoration(const EnvOptions& options) {
  if (options.shell != "sh") {
    complain("a dotenv file cannot take variables away: remove the lines that weir env wrote there");
    return kWrongUsage;
  }
  fmt::print("{}", sh_text(plan_restoration(current_environment()).assignments));
  return kDone;
}

Result<EnvironmentPlan> plan_proxy_clients(const config::Config& config, const ProxyContact& server) {
  auto environment = current_environment();
  auto who = user_info(server, environment);
  TRY_ASSIGN(auto plan, plan_clients(config, environment, url_of(server, who.value_or(""))));
  if (!who) plan.warnings.push_back(who.error().message);
  return plan;
}

int print_environment(const EnvOptions& options) {
  auto config = load_config(options.config);
  if (!config) return fail_with(config.error());
  auto server = proxy_contact(*config);
  if (server.endpoint.port == 0) {
    complain("proxy.listen leaves the port open, and no proxy runs that has chosen one: start weir serve first");
    return kFailed;
  }
  auto plan = options.endpoint ? plan_endpoint_clients(*config, current_environment(), server)
                               : plan_proxy_clients(*config, server);
  if (!plan) return fail_with(plan.error());
  if (!answers(server))
    plan->warnings.push_back("no proxy answers at " + server.endpoint.text() + " yet: start it with weir serve");
  for (const auto& warning : plan->warnings) complain(warning);
  fmt::print("{}", options.shell == "sh" ? sh_text(plan->assignments) : dotenv_text(plan->assignments));
  return kDone;
}

}  // namespace

void add_env(Command& weir) {
  auto command = weir.subcommand("env", "Print the environment that leads clients to the proxy: eval \"$(weir env)\"");
  auto options = std::make_shared<EnvOptions>();
  add_config_options(command, options->config);
  command.option("--shell", options->shell, "sh for eval, dotenv for a file of NAME=value lines")
      .one_of({"sh", "dotenv"});
  command.flag("--endpoint", options->endpoint,
               "Print the one that has clients take Weir for their hub (HF_ENDPOINT), not for their proxy");
  command.flag("--unset", options->unset, "Print what takes it back");
  command.on_chosen([options] { return options->unset ? print_restoration(*options) : print_environment(*options); });
}

}  // namespace weir::cli
