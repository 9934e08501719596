// SPDX-License-Identifier: Apache-2.0
// weir config
#include <fmt/core.h>

#include <memory>

#include "cli/command.h"
#include "config/option.h"

namespace weir::cli {
namespace {

struct ConfigOptions {
  ConfigChoice config;
  bool example = false;
};

int print_config(const ConfigOptions& options) {
  if (options.example) {
    fmt::print("{}", config::example_file());
    return kDone;
  }
  auto config = load_config(options.config);
  if (!config) return fail_with(config.error());
  fmt::print("{}", config::effective_file(*config));
  return kDone;
}

}  // namespace

void add_config(Command& weir) {
  auto command = weir.subcommand("config", "Check the configuration and print all that is in force");
  auto options = std::make_shared<ConfigOptions>();
  add_config_options(command, options->config);
  command.flag("--example", options->example, "Print the documented configuration file with every default");
  command.on_chosen([options] { return print_config(*options); });
}

}  // namespace weir::cli
