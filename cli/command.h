// SPDX-License-Identifier: Apache-2.0
// What the sub-commands share.  Each has a file of its own with an add_... that describes it to the parser of the
// command line and leaves in Chosen what is to be done.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/load.h"

namespace CLI {
class App;
}

namespace weir::cli {

// Exit codes.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;  // of the command line or in the configuration

// What the command line asks for.
struct Chosen {
  std::function<int()> action;       // returns the exit code
  std::vector<std::string> command;  // what stood behind "--"; weir run's alone
};

void add_serve(CLI::App& app, Chosen& chosen);
void add_run(CLI::App& app, Chosen& chosen);
void add_env(CLI::App& app, Chosen& chosen);
void add_ca(CLI::App& app, Chosen& chosen);
void add_status(CLI::App& app, Chosen& chosen);
void add_ls(CLI::App& app, Chosen& chosen);
void add_gc(CLI::App& app, Chosen& chosen);
void add_verify(CLI::App& app, Chosen& chosen);
void add_pull(CLI::App& app, Chosen& chosen);
void add_pin(CLI::App& app, Chosen& chosen);  // and weir unpin
void add_import(CLI::App& app, Chosen& chosen);
void add_rm(CLI::App& app, Chosen& chosen);
void add_config(CLI::App& app, Chosen& chosen);
void add_user(CLI::App& app, Chosen& chosen);
void add_source(CLI::App& app, Chosen& chosen);
void add_peer(CLI::App& app, Chosen& chosen);

// The options that lead to a configuration, filled by the parser.
struct ConfigChoice {
  std::string file;
  std::string listen;
  std::string store;
  std::string ca;  // weir ca's alone
};

enum class WithListen { no, yes };

// Adds --config, --store and maybe --listen.  `choice` must outlive the parsing.
void add_config_options(CLI::App& command, ConfigChoice& choice, WithListen with_listen);

// The environment of this process; HOME is the account's when it is not set.
config::Environment current_environment();

// Errors: those of config::load.
Result<config::Config> load_config(const ConfigChoice& choice);

// Writes "weir: message" to stderr.
void complain(const std::string& message);

// Says the error and returns its exit code.
int fail_with(const Error& error);

}  // namespace weir::cli
