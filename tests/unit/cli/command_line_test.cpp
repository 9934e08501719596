// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::cli {
namespace {

using Words = std::vector<std::string>;

// weir fetch [OPTIONS] REPO [FILE...] and weir user ls|rm, with all that an option can be asked for.
struct Program {
  std::string size;
  Words globs;
  std::string shell = "sh";
  std::string repo;
  Words files;
  bool json = false;
  bool secret = false;
  CommandLine line{"weir", "A program.", "weir 1.2"};

  Program() {
    auto weir = line.root();
    auto fetch = weir.subcommand("fetch", "Fetch files");
    auto size_option = fetch.option("--size", size, "At most", "SIZE");
    size_option.filled();
    fetch.option("--glob", globs, "Only those", "GLOB");
    fetch.option("--shell", shell, "Whose words").one_of({"sh", "dotenv"});
    fetch.operand("REPO", repo, "Which").required();
    fetch.operand("FILE", files, "These alone", "FILE...").needs(size_option);
    fetch.flag("--json", json, "As JSON");
    fetch.hidden_flag("--secret", secret);
    fetch.on_chosen([] { return 3; });
    auto user = weir.subcommand("user", "Users");
    user.subcommand("ls", "List them").on_chosen([] { return 4; });
    user.subcommand("rm", "Remove one").on_chosen([] { return 5; });
  }

  // What the chosen action returns; -1 when there is none, because help was printed.
  Result<int> run(Words arguments) {
    TRY_ASSIGN(auto action, line.parse(std::move(arguments)));
    return action ? action() : -1;
  }

  // What it prints for the one that asks for help.
  std::string printed(Words arguments) {
    testing::internal::CaptureStdout();
    auto end = run(std::move(arguments));
    auto text = testing::internal::GetCapturedStdout();
    EXPECT_EQ(end, -1);
    return text;
  }
};

TEST(CommandLine, chooses_the_action_of_the_command_that_is_named) {
  EXPECT_EQ(Program().run({"fetch", "org/model"}), 3);
  EXPECT_EQ(Program().run({"user", "ls"}), 4);
  EXPECT_EQ(Program().run({"user", "rm"}), 5);
}

TEST(CommandLine, fills_the_variables) {
  Program program;
  ASSERT_EQ(program.run({"fetch", "--size", "1GiB", "--glob", "*.json", "org/model", "--glob=*.bin", "a", "b/c",
                         "--json", "--shell", "dotenv", "--secret"}),
            3);
  EXPECT_EQ(program.size, "1GiB");
  EXPECT_EQ(program.globs, (Words{"*.json", "*.bin"}));
  EXPECT_EQ(program.shell, "dotenv");
  EXPECT_EQ(program.repo, "org/model");
  EXPECT_EQ(program.files, (Words{"a", "b/c"}));
  EXPECT_TRUE(program.json);
  EXPECT_TRUE(program.secret);
}

TEST(CommandLine, leaves_alone_what_is_not_named) {
  Program program;
  ASSERT_EQ(program.run({"fetch", "org/model"}), 3);
  EXPECT_EQ(program.shell, "sh");
  EXPECT_TRUE(program.size.empty() && program.globs.empty() && program.files.empty());
  EXPECT_FALSE(program.json || program.secret);
}

struct Wrong {
  Words arguments;
  const char* message;
};

TEST(CommandLine, says_what_is_wrong) {
  const Wrong cases[] = {
      {{}, "A subcommand is required"},
      {{"user"}, "A subcommand is required"},
      {{"fetch"}, "REPO is required"},
      {{"fetch", "org/model", "--size"}, "--size: 1 required SIZE missing"},
      {{"fetch", "org/model", "--size", ""}, "--size: expected a value that is not empty"},
      {{"fetch", "org/model", "file"}, "FILE requires --size"},
      {{"fetch", "org/model", "--shell", "fish"}, "--shell: fish not in {sh,dotenv}"},
      {{"fetch", "org/model", "--other"}, "The following argument was not expected: --other"},
      {{"user", "ls", "name"}, "The following argument was not expected: name"},
  };
  for (const auto& wrong : cases) EXPECT_EQ(Program().run(wrong.arguments), fail(ErrorCode::invalid, wrong.message));
}

TEST(CommandLine, prints_help_and_version_and_chooses_nothing) {
  EXPECT_EQ(Program().printed({"--version"}), "weir 1.2\n");
  EXPECT_NE(Program().printed({"--help"}).find("  fetch                       Fetch files\n"), std::string::npos);
  auto help = Program().printed({"fetch", "--help"});
  for (const auto* line : {"Usage: weir fetch [OPTIONS] REPO [FILE...]\n", "  REPO TEXT REQUIRED          Which\n",
                           "  --size SIZE                 At most\n", "  --shell TEXT:{sh,dotenv}=sh Whose words\n"})
    EXPECT_NE(help.find(line), std::string::npos) << line << help;
  EXPECT_EQ(help.find("--secret"), std::string::npos);
}

TEST(CommandLine, knows_which_command_was_named_also_when_the_rest_is_wrong) {
  Program program;
  EXPECT_FALSE(program.run({"fetch"}));
  EXPECT_TRUE(program.line.has_named("fetch"));
  EXPECT_FALSE(program.line.has_named("user"));
}

}  // namespace
}  // namespace weir::cli
