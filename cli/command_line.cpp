// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

namespace weir::cli {

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::needs(const Option& other) {
  option_->needs(other.option_);
  return *this;
}

Option& Option::filled() {
  auto check = [](const std::string& value) { return value.empty() ? "expected a value that is not empty" : ""; };
  option_->check(CLI::Validator(check, ""));
  return *this;
}

Option& Option::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values))->capture_default_str();
  return *this;
}

Command Command::subcommand(const std::string& name, const std::string& help) {
  app_->require_subcommand(1);
  return {*app_->add_subcommand(name, help), *chosen_};
}

Option Command::option(const std::string& name, std::string& value, const std::string& help,
                       const std::string& value_name) {
  return Option(*app_->add_option(name, value, help)->type_name(value_name));
}

Option Command::option(const std::string& name, std::vector<std::string>& values, const std::string& help,
                       const std::string& value_name) {
  // Else it would take the words behind its value too.
  return Option(*app_->add_option(name, values, help)->type_name(value_name)->allow_extra_args(false));
}

// To CLI11 an operand is an option whose name has no dashes.
Option Command::operand(const std::string& name, std::string& value, const std::string& help,
                        const std::string& value_name) {
  return option(name, value, help, value_name);
}

Option Command::operand(const std::string& name, std::vector<std::string>& values, const std::string& help,
                        const std::string& value_name) {
  return Option(*app_->add_option(name, values, help)->type_name(value_name));
}

void Command::flag(const std::string& name, bool& value, const std::string& help) {
  app_->add_flag(name, value, help);
}

void Command::hidden_flag(const std::string& name, bool& value) {
  app_->add_flag(name, value)->group("");
}

void Command::on_chosen(Action action) {
  app_->callback([chosen = chosen_, action = std::move(action)] { *chosen = action; });
}

CommandLine::CommandLine(const std::string& program, const std::string& help, const std::string& version)
    : app_(std::make_unique<CLI::App>(help, program)) {
  app_->set_version_flag("--version", version);
}

CommandLine::~CommandLine() = default;

Command CommandLine::root() {
  return {*app_, chosen_};
}

Result<Action> CommandLine::parse(std::vector<std::string> arguments) {
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app_->parse(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return fail(ErrorCode::invalid, error.what());
    app_->exit(error);  // prints what --help or --version asked for
    return Action();
  }
  return chosen_;
}

bool CommandLine::has_named(const std::string& command) const {
  return app_->got_subcommand(command);
}

}  // namespace weir::cli
