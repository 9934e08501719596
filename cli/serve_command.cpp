// SPDX-License-Identifier: Apache-2.0
// weir serve
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/serve.h"
#include "cli/shell_text.h"

namespace weir::cli {
namespace {

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

}  // namespace

void add_serve(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("serve", "Run the proxy in the foreground until SIGTERM or Ctrl-C");
  auto choice = std::make_shared<ConfigChoice>();
  auto purpose = std::make_shared<ServeFor>(ServeFor::itself);
  add_config_options(*command, *choice, WithListen::yes);
  // What weir run starts: hidden, for it ends at once without a run.
  command->add_flag_callback("--for-runs", [purpose] { *purpose = ServeFor::runs; })->group("");
  command->callback([&chosen, choice, purpose] {
    chosen.action = [choice, purpose] {
      auto config = load_config(*choice);
      if (!config) return fail_with(config.error());
      return serve(std::move(*config), *purpose, same_configuration(*choice),
                   [choice] { return load_config(*choice); });
    };
  });
}

}  // namespace weir::cli
