// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace weir::cli {
namespace {

void add_file_and_store(Command& command, ConfigChoice& choice) {
  command
      .option("--config", choice.file,
              "The configuration file (else $WEIR_CONFIG, ~/.config/weir/weir.toml or /etc/weir/weir.toml)", "FILE")
      .filled();
  command.option("--store", choice.store, "The folder that keeps the files, over store.path", "DIR").filled();
}

}  // namespace

void add_config_options(Command& command, ConfigChoice& choice) {
  add_file_and_store(command, choice);
  command.option("--listen", choice.listen, "The address and port to listen on, over proxy.listen", "ADDR:PORT");
}

config::Environment current_environment() {
  config::Environment environment;
  for (char** each = environ; each && *each; ++each) {
    std::string line(*each);
    auto equals = line.find('=');
    if (equals != std::string::npos) environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  if (environment["HOME"].empty()) {
    const auto* account = ::getpwuid(::getuid());
    environment["HOME"] = account ? account->pw_dir : "";
  }
  return environment;
}

Result<config::Config> load_config(const ConfigChoice& choice) {
  std::error_code error;
  config::LoadOptions options;
  options.folder = std::filesystem::current_path(error);
  if (error) return fail(errno_error("finding the current folder", error.value()));
  options.file = choice.file;
  if (!choice.listen.empty()) options.overrides.push_back({"--listen", "proxy.listen", choice.listen});
  if (!choice.store.empty()) options.overrides.push_back({"--store", "store.path", choice.store});
  if (!choice.ca.empty()) options.overrides.push_back({"--ca", "ca.path", choice.ca});
  return config::load(options, current_environment());
}

void complain(const std::string& message) {
  fmt::print(stderr, "weir: {}\n", message);
}

int fail_with(const Error& error) {
  complain(error.message);
  return error.code == ErrorCode::invalid ? kWrongUsage : kFailed;
}

int finish(const Result<void>& done) {
  return done ? kDone : fail_with(done.error());
}

int finish(const Result<int>& exit_code) {
  return exit_code ? *exit_code : fail_with(exit_code.error());
}

int finish(const Result<std::string>& text) {
  if (!text) return fail_with(text.error());
  fmt::print("{}", *text);
  return kDone;
}

Command add_config_command(Command& parent, const std::string& name, const std::string& help,
                           const std::shared_ptr<ConfigChoice>& choice, std::function<int(const config::Config&)> act) {
  auto command = parent.subcommand(name, help);
  add_file_and_store(command, *choice);
  command.on_chosen([choice, act = std::move(act)] {
    auto config = load_config(*choice);
    return config ? act(*config) : fail_with(config.error());
  });
  return command;
}

}  // namespace weir::cli
