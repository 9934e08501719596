// SPDX-License-Identifier: Apache-2.0
// weir run
#include <memory>

#include "cas/layout.h"
#include "cli/child_process.h"
#include "cli/client_setup.h"
#include "cli/command.h"
#include "cli/proxy_contact.h"
#include "cli/proxy_starter.h"
#include "cli/run_guard.h"
#include "cli/status_report.h"

namespace weir::cli {
namespace {

struct RunOptions {
  ConfigChoice config;
  bool quiet = false;
};

// The options of weir serve that lead it to the same configuration, wherever it runs.
std::vector<std::string> serve_options(const config::Config& config, const RunOptions& options) {
  std::vector<std::string> words{"--store", config.store.root.string()};
  if (!config.file.empty()) words.insert(words.end(), {"--config", config.file.string()});
  if (!options.config.listen.empty()) words.insert(words.end(), {"--listen", options.config.listen});
  return words;
}

Result<int> run(const RunOptions& options, const std::vector<std::string>& command) {
  if (command.empty())
    return fail(ErrorCode::invalid, "weir run needs a command, as in: weir run -- hf download org/model");
  TRY_ASSIGN(auto config, load_config(options.config));
  TRY(cas::make_root(cas::Layout(config.store.root)));
  TRY_ASSIGN(auto lease, RunLease::take(config.store.root));
  auto environment = current_environment();
  TRY_ASSIGN(auto who, user_info(contact_of(config, config.proxy.listen.listen), environment));
  TRY_ASSIGN(auto endpoint, ensure_proxy(config, serve_options(config, options)));
  auto server = contact_of(config, endpoint);
  TRY_ASSIGN(auto plan, plan_clients(config, environment, url_of(server, who)));
  for (const auto& warning : plan.warnings) complain(warning);

  auto before = fetch_transfers(server);
  auto end = run_command(command, applied(environment, plan.assignments));
  if (!end.problem.empty()) complain(end.problem);
  auto after = fetch_transfers(server);
  if (!options.quiet && before && after) {
    auto summary = summary_of(*before, *after);
    if (!summary.empty()) complain(summary);
  }
  return end.exit_code;
}

}  // namespace

void add_run(Command& weir, const std::vector<std::string>& user_command) {
  auto command = weir.subcommand(
      "run", "weir run [OPTIONS] -- COMMAND...: run a command through the proxy, which is started if need be");
  auto options = std::make_shared<RunOptions>();
  add_config_options(command, options->config);
  command.flag("--quiet", options->quiet, "No summary at the end");
  command.on_chosen([options, user_command] { return finish(run(*options, user_command)); });
}

}  // namespace weir::cli
