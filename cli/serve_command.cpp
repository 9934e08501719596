// SPDX-License-Identifier: Apache-2.0
// weir serve
#include <fmt/core.h>

#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/serve.h"
#include "cli/shell_text.h"

namespace weir::cli {
namespace {

struct ServeOptions {
  ConfigChoice config;
  bool for_runs = false;
};

// The options that name the same configuration to another weir command, ready for a shell.
std::string same_configuration(const ConfigChoice& choice) {
  std::string options;
  auto add = [&options](std::string_view name, const std::string& path) {
    if (!path.empty()) options += fmt::format(" {} {}", name, sh_quoted(std::filesystem::absolute(path).string()));
  };
  add("--config", choice.file);
  add("--store", choice.store);
  return options;
}

int serve_chosen(const std::shared_ptr<ServeOptions>& options) {
  auto config = load_config(options->config);
  if (!config) return fail_with(config.error());
  return serve(std::move(*config), options->for_runs ? ServeFor::runs : ServeFor::itself,
               same_configuration(options->config), [options] { return load_config(options->config); });
}

}  // namespace

void add_serve(Command& weir) {
  auto command = weir.subcommand("serve", "Run the proxy in the foreground until SIGTERM or Ctrl-C");
  auto options = std::make_shared<ServeOptions>();
  add_config_options(command, options->config);
  // What weir run starts: hidden, for it ends at once without a run.
  command.hidden_flag("--for-runs", options->for_runs);
  command.on_chosen([options] { return serve_chosen(options); });
}

}  // namespace weir::cli
