// SPDX-License-Identifier: Apache-2.0
// A part of a command that does something with the configuration: weir user add, weir peer ls.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/command.h"

namespace weir::cli {

// `act` is called with the configuration that was found; its error is said.
CLI::App* add_config_action(CLI::App& parent, Chosen& chosen, const std::string& name, const std::string& help,
                            const std::shared_ptr<ConfigChoice>& choice,
                            std::function<Result<void>(const config::Config&)> act);

// The same with options of its own, which have a ConfigChoice `config`.
template <typename Options>
CLI::App* add_config_action(CLI::App& parent, Chosen& chosen, const std::string& name, const std::string& help,
                            const std::shared_ptr<Options>& options,
                            Result<void> (*act)(const config::Config&, const Options&)) {
  return add_config_action(parent, chosen, name, help, std::shared_ptr<ConfigChoice>(options, &options->config),
                           [options, act](const config::Config& config) { return act(config, *options); });
}

}  // namespace weir::cli
