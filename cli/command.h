// SPDX-License-Identifier: Apache-2.0
// What the sub-commands share.  Each has a file of its own with an add_... that describes it to the command line: its
// options, and what it does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command_line.h"
#include "config/config.h"
#include "config/load.h"

namespace weir::cli {

// Exit codes.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;  // of the command line or in the configuration

void add_serve(Command& weir);
void add_run(Command& weir, const std::vector<std::string>& user_command);
void add_env(Command& weir);
void add_ca(Command& weir);
void add_status(Command& weir);
void add_ls(Command& weir);
void add_gc(Command& weir);
void add_verify(Command& weir);
void add_pull(Command& weir);
void add_pin(Command& weir);  // and weir unpin
void add_import(Command& weir);
void add_rm(Command& weir);
void add_config(Command& weir);
void add_user(Command& weir);
void add_source(Command& weir);
void add_peer(Command& weir);

// The options that lead to a configuration, filled by the parser.
struct ConfigChoice {
  std::string file;
  std::string listen;
  std::string store;
  std::string ca;  // weir ca's alone
};

// Adds --config, --store and --listen.
void add_config_options(Command& command, ConfigChoice& choice);

// The environment of this process; HOME is the account's when it is not set.
config::Environment current_environment();

// Errors: those of config::load.
Result<config::Config> load_config(const ConfigChoice& choice);

// Writes "weir: message" to stderr.
void complain(const std::string& message);

// Says the error and returns its exit code.
int fail_with(const Error& error);

// The exit code of what a command came to.  An error is said, a text printed.
int finish(const Result<void>& done);
int finish(const Result<int>& exit_code);
int finish(const Result<std::string>& text);

// Adds a command that does something with the configuration that --config and --store lead to, which `act` gets.
Command add_config_command(Command& parent, const std::string& name, const std::string& help,
                           const std::shared_ptr<ConfigChoice>& choice, std::function<int(const config::Config&)> act);

// The same with options of its own, which have a ConfigChoice `config`.
template <typename Options, typename Outcome>
Command add_config_command(Command& parent, const std::string& name, const std::string& help,
                           const std::shared_ptr<Options>& options,
                           Result<Outcome> (*act)(const config::Config&, const Options&)) {
  return add_config_command(parent, name, help, std::shared_ptr<ConfigChoice>(options, &options->config),
                            [options, act](const config::Config& config) { return finish(act(config, *options)); });
}

}  // namespace weir::cli
