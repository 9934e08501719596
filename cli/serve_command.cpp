// SPDX-License-Identifier: Apache-2.0
// weir serve
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/serve.h"

namespace weir::cli {

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
      return config ? serve(std::move(*config), *purpose) : fail_with(config.error());
    };
  });
}

}  // namespace weir::cli
