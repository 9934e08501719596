// SPDX-License-Identifier: Apache-2.0
#include "cli/child_process.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/files.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

const Environment kEnvironment{{"PATH", "/usr/bin:/bin"}, {"MINE", "a b"}};

TEST(RunCommandTest, ends_as_its_command_does) {
  struct {
    std::vector<std::string> command;
    int code;
  } const cases[] = {{{"true"}, 0},
                     {{"sh", "-c", "exit 7"}, 7},
                     {{"sh", "-c", "test \"$MINE\" = 'a b' && test $# = 2", "sh", "", "--x"}, 0},
                     {{"sh", "-c", "kill -KILL $$"}, 128 + SIGKILL},
                     {{"sh", "-c", "kill -TERM $$"}, 128 + SIGTERM}};
  for (const auto& each : cases) {
    auto end = run_command(each.command, kEnvironment);
    EXPECT_EQ(end.exit_code, each.code) << each.command.back();
    EXPECT_EQ(end.problem, "");
  }
}

TEST(RunCommandTest, says_why_a_command_cannot_be_run) {
  TemporaryFolder folder;
  auto plain = folder.write("plain", "x").string();
  EXPECT_EQ(run_command({"no-such-command"}, kEnvironment).exit_code, 127);
  EXPECT_THAT(run_command({"no-such-command"}, kEnvironment).problem, testing::HasSubstr("no-such-command"));
  EXPECT_EQ(run_command({plain + "/x"}, kEnvironment).exit_code, 127);
  EXPECT_EQ(run_command({plain}, kEnvironment).exit_code, 126);
  EXPECT_EQ(run_command({folder.path().string()}, kEnvironment).exit_code, 126);
}

// The command sends the signal to the process that runs it, and ends by its trap.
TEST(RunCommandTest, sends_signals_on) {
  for (std::string name : {"TERM", "INT", "HUP", "QUIT"}) {
    auto script = fmt::format("trap 'exit 42' {}; kill -{} $PPID; while :; do sleep 0.01; done", name, name);
    EXPECT_EQ(run_command({"sh", "-c", script}, kEnvironment).exit_code, 42) << name;
  }
}

TEST(RunCommandTest, leaves_the_signals_of_this_process_as_they_were) {
  sigset_t before;
  sigset_t after;
  sigprocmask(SIG_BLOCK, nullptr, &before);
  run_command({"true"}, kEnvironment);
  sigprocmask(SIG_BLOCK, nullptr, &after);
  for (int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT})
    EXPECT_EQ(sigismember(&before, number), sigismember(&after, number)) << number;
}

TEST(RunCommandTest, the_command_has_the_signals_of_this_process) {
  TemporaryFolder folder;
  auto file = (folder.path() / "status").string();
  run_command({"sh", "-c", "grep SigBlk /proc/self/status > " + file}, kEnvironment);
  EXPECT_THAT(read_file(file).value().value(), testing::HasSubstr("0000000000000000"));
}

// Starts this very test program, which says what its tests are on stdout.
TEST(StartDetachedTest, connects_stdout_and_the_log) {
  TemporaryFolder folder;
  auto log = folder.write("log", "before\n");
  auto output = start_detached({"--gtest_list_tests"}, log);
  ASSERT_TRUE(output) << output.error().message;
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(output->get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  EXPECT_THAT(text, testing::HasSubstr("StartDetachedTest."));
  ::wait(nullptr);
  EXPECT_THAT(read_file(log).value().value(), testing::StartsWith("before\n"));
}

TEST(StartDetachedTest, a_log_that_cannot_be_written_is_an_error) {
  EXPECT_FALSE(start_detached({"--gtest_list_tests"}, "/nonexistent/log"));
}

}  // namespace
}  // namespace weir::cli
