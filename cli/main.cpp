// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/version.h"
#include "cli/command.h"

namespace weir::cli {
namespace {

// Takes the user's command, all behind the first "--", off the arguments: nothing in it is for the parser.
std::vector<std::string> take_command(std::vector<std::string>& arguments) {
  auto separator = std::find(arguments.begin(), arguments.end(), "--");
  if (separator == arguments.end()) return {};
  std::vector<std::string> command(separator + 1, arguments.end());
  arguments.erase(separator, arguments.end());
  return command;
}

int parse_and_run(std::vector<std::string> arguments) {
  Chosen chosen;
  chosen.command = take_command(arguments);

  CLI::App app("A caching HTTPS proxy for model hubs.", "weir");
  app.set_version_flag("--version", "weir " + std::string(kVersion));
  app.require_subcommand(1);
  add_serve(app, chosen);
  add_run(app, chosen);
  add_env(app, chosen);
  add_ca(app, chosen);
  add_status(app, chosen);
  add_ls(app, chosen);
  add_gc(app, chosen);
  add_verify(app, chosen);
  add_pull(app, chosen);
  add_pin(app, chosen);
  add_import(app, chosen);
  add_rm(app, chosen);
  add_config(app, chosen);
  add_user(app, chosen);
  add_source(app, chosen);
  add_peer(app, chosen);

  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    bool run_without_separator = app.got_subcommand("run") && chosen.command.empty();
    complain(std::string(error.what()) + (run_without_separator
                                              ? " (the command goes behind --: weir run -- hf download org/model)"
                                              : " (see weir --help)"));
    return kWrongUsage;
  }
  if (!chosen.command.empty() && !app.got_subcommand("run")) {
    complain("only weir run takes a command behind --");
    return kWrongUsage;
  }
  return chosen.action();
}

}  // namespace
}  // namespace weir::cli

int main(int argc, char** argv) {
  try {
    return weir::cli::parse_and_run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception& error) {
    weir::cli::complain(error.what());
    return weir::cli::kFailed;
  }
}
