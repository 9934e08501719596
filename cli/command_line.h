// SPDX-License-Identifier: Apache-2.0
// The command line: the program's commands, their options and operands, and what each command does.
// CLI11, which takes long to compile, parses it in command_line.cpp and is seen nowhere else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace weir::cli {

// What a command does; returns the exit code.
using Action = std::function<int()>;

// A handle of an option or an operand, to say more about it.  Good as long as its CommandLine.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  Option& required();
  // Only together with the other.
  Option& needs(const Option& other);
  // Not "": what a variable of a script that is not set leaves behind.
  Option& filled();
  // No other values than these.  --help shows them, and the one that the variable has now.
  Option& one_of(const std::vector<std::string>& values);

 private:
  CLI::Option* option_;
};

// A handle of a command or of a part of one (weir ca, weir ca show).  Good as long as its CommandLine.
// The variables that it is given are filled by the parser, and must be there as long as the parser is.
class Command {
 public:
  Command(CLI::App& app, Action& chosen) : app_(&app), chosen_(&chosen) {}

  // A command with subcommands needs one of them.
  Command subcommand(const std::string& name, const std::string& help);

  // "--name VALUE"; `value_name` stands for the value in --help.
  Option option(const std::string& name, std::string& value, const std::string& help,
                const std::string& value_name = kText);
  // The same, as often as wanted.
  Option option(const std::string& name, std::vector<std::string>& values, const std::string& help,
                const std::string& value_name = kText);
  // A word without a name of its own: its place says what it is.
  Option operand(const std::string& name, std::string& value, const std::string& help,
                 const std::string& value_name = kText);
  // All words that are left.
  Option operand(const std::string& name, std::vector<std::string>& values, const std::string& help,
                 const std::string& value_name = kText);
  void flag(const std::string& name, bool& value, const std::string& help);
  // One that --help does not show.
  void hidden_flag(const std::string& name, bool& value);

  // What is done when the command line chooses this command.
  void on_chosen(Action action);

 private:
  static constexpr auto kText = "TEXT";

  CLI::App* app_;
  Action* chosen_;
};

class CommandLine {
 public:
  CommandLine(const std::string& program, const std::string& help, const std::string& version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // The program itself, above all commands.
  Command root();

  // The action of the command that the arguments (without the program's name) choose; an empty one when --help or
  // --version was asked for, and printed.  Errors: invalid, for the user.
  Result<Action> parse(std::vector<std::string> arguments);

  // Whether the arguments named this command of the root's, also where they were wrong behind it.
  bool has_named(const std::string& command) const;

 private:
  std::unique_ptr<CLI::App> app_;
  Action chosen_;
};

}  // namespace weir::cli
