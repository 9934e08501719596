// SPDX-License-Identifier: Apache-2.0
// weir user
#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "cli/command.h"
#include "cli/password_input.h"
#include "cli/running_server.h"
#include "proxy/user_file.h"

namespace weir::cli {
namespace {

using proxy::User;

struct UserOptions {
  ConfigChoice config;
  std::string name;
  bool from_stdin = false;
};

Result<std::filesystem::path> users_file(const config::Config& config) {
  if (config.proxy.listen.users.empty())
    return fail(ErrorCode::invalid, "there is no users file: name one with users = \"...\" under [proxy] in " +
                                        (config.file.empty() ? "a configuration file" : config.file.string()));
  return config.proxy.listen.users;
}

auto find_user(std::vector<User>& users, const std::string& name) {
  return std::find_if(users.begin(), users.end(), [&](const User& user) { return user.name == name; });
}

// A proxy that runs reads the file at SIGHUP only.
void say_how_it_takes_effect(const config::Config& config) {
  auto server = find_server(config);
  if (server && *server && (*server)->pid != 0)
    complain(fmt::format("the proxy that runs takes it up with: kill -HUP {}", (*server)->pid));
}

Result<void> add_user(const config::Config& config, const UserOptions& options) {
  TRY_ASSIGN(auto path, users_file(config));
  if (!proxy::is_user_name(options.name))
    return fail(ErrorCode::invalid, "expected a name of 1 to 64 letters, digits and . _ @ + -");
  TRY_ASSIGN(auto password, options.from_stdin ? read_password_from_stdin() : ask_for_new_password(options.name));
  auto hash = proxy::PasswordHash::make(password);
  bool is_new = false;
  TRY(proxy::change_users(path, [&](std::vector<User>& users) -> Result<void> {
    auto found = find_user(users, options.name);
    is_new = found == users.end();
    if (is_new) found = users.insert(found, {options.name, hash});
    found->hash = hash;
    return {};
  }));
  fmt::print("{} {} in {}\n", is_new ? "added" : "gave a new password to", options.name, path.string());
  say_how_it_takes_effect(config);
  return {};
}

Result<void> remove_user(const config::Config& config, const UserOptions& options) {
  TRY_ASSIGN(auto path, users_file(config));
  TRY(proxy::change_users(path, [&](std::vector<User>& users) -> Result<void> {
    auto found = find_user(users, options.name);
    if (found == users.end()) return fail(ErrorCode::invalid, "there is no " + options.name + " in " + path.string());
    users.erase(found);
    return {};
  }));
  fmt::print("removed {} from {}\n", options.name, path.string());
  say_how_it_takes_effect(config);
  return {};
}

Result<void> list_users(const config::Config& config, const UserOptions&) {
  TRY_ASSIGN(auto path, users_file(config));
  TRY_ASSIGN(auto users, proxy::read_users(path));
  for (const auto& user : users) fmt::print("{}\n", user.name);
  return {};
}

}  // namespace

void add_user(Command& weir) {
  auto user = weir.subcommand("user", "Who may use the proxy, in the file of proxy.users");
  auto options = std::make_shared<UserOptions>();
  auto add = add_config_command(user, "add", "Add a user, or change a password", options, add_user);
  add.operand("NAME", options->name, "").required();
  add.flag("--stdin", options->from_stdin, "Read the password from stdin instead of the terminal");
  auto remove = add_config_command(user, "rm", "Remove a user", options, remove_user);
  remove.operand("NAME", options->name, "").required();
  add_config_command(user, "ls", "List the names", options, list_users);
}

}  // namespace weir::cli
