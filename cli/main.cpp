// SPDX-License-Identifier: Apache-2.0
#include <openssl/crypto.h>

#include <algorithm>
#include <exception>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/threads.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/command_line.h"

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

// OpenSSL is what the speed depends on most, and may be another than the one that Weir was built with.
std::string version() {
  return "weir " + std::string(kVersion) + ", with OpenSSL " + OpenSSL_version(OPENSSL_VERSION_STRING);
}

int parse_and_run(std::vector<std::string> arguments) {
  auto command = take_command(arguments);
  CommandLine line("weir", "A caching HTTPS proxy for model hubs.", version());
  auto weir = line.root();
  add_serve(weir);
  add_run(weir, command);
  add_env(weir);
  add_ca(weir);
  add_status(weir);
  add_ls(weir);
  add_gc(weir);
  add_verify(weir);
  add_pull(weir);
  add_pin(weir);
  add_import(weir);
  add_rm(weir);
  add_config(weir);
  add_user(weir);
  add_source(weir);
  add_peer(weir);

  auto action = line.parse(std::move(arguments));
  bool runs = line.has_named("run");
  if (!action) {
    complain(action.error().message + (runs && command.empty()
                                           ? " (the command goes behind --: weir run -- hf download org/model)"
                                           : " (see weir --help)"));
    return kWrongUsage;
  }
  if (!*action) return kDone;
  if (!command.empty() && !runs) {
    complain("only weir run takes a command behind --");
    return kWrongUsage;
  }
  return (*action)();
}

}  // namespace
}  // namespace weir::cli

int main(int argc, char** argv) {
  try {
    return weir::cli::parse_and_run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::system_error& error) {
    bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
    weir::cli::complain(no_thread ? weir::no_thread_error().message : error.what());
    return weir::cli::kFailed;
  } catch (const std::exception& error) {
    weir::cli::complain(error.what());
    return weir::cli::kFailed;
  }
}
