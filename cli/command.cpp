// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

namespace weir::cli {

void add_config_options(CLI::App& command, ConfigChoice& choice, WithListen with_listen) {
  command
      .add_option("--config", choice.file,
                  "The configuration file (else $WEIR_CONFIG, ~/.config/weir/weir.toml or /etc/weir/weir.toml)")
      ->type_name("FILE");
  command.add_option("--store", choice.store, "The folder that keeps the files, over store.path")->type_name("DIR");
  if (with_listen == WithListen::yes)
    command.add_option("--listen", choice.listen, "The address and port to listen on, over proxy.listen")
        ->type_name("ADDR:PORT");
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

}  // namespace weir::cli
