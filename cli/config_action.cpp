// SPDX-License-Identifier: Apache-2.0
#include "cli/config_action.h"

#include <CLI/CLI.hpp>

namespace weir::cli {

CLI::App* add_config_action(CLI::App& parent, Chosen& chosen, const std::string& name, const std::string& help,
                            const std::shared_ptr<ConfigChoice>& choice,
                            std::function<Result<void>(const config::Config&)> act) {
  auto* command = parent.add_subcommand(name, help);
  add_config_options(*command, *choice, WithListen::no);
  command->callback([&chosen, choice, act = std::move(act)] {
    chosen.action = [choice, act] {
      auto config = load_config(*choice);
      if (!config) return fail_with(config.error());
      auto done = act(*config);
      return done ? kDone : fail_with(done.error());
    };
  });
  return command;
}

}  // namespace weir::cli
