// SPDX-License-Identifier: Apache-2.0
#include "cli/captured_command.h"

#include <gtest/gtest.h>

#include <csignal>

namespace weir::cli {
namespace {

TEST(CapturedCommand, gives_what_it_says_and_how_it_ends) {
  auto end = run_captured({"sh", "-c", "echo out; echo err >&2; exit 3"}).value();
  EXPECT_EQ(end.output, "out\nerr\n");
  EXPECT_EQ(end.exit_code, 3);
}

TEST(CapturedCommand, a_signal_shows_in_the_exit_code) {
  EXPECT_EQ(run_captured({"sh", "-c", "kill -TERM $$"}).value().exit_code, 128 + SIGTERM);
}

TEST(CapturedCommand, has_nothing_to_read_and_no_terminal) {
  EXPECT_EQ(run_captured({"sh", "-c", "cat; (: < /dev/tty) 2> /dev/null || echo none"}).value().output, "none\n");
}

TEST(CapturedCommand, a_flood_does_not_fill_the_memory) {
  auto end = run_captured({"head", "-c", "3000000", "/dev/zero"}).value();
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_LT(end.output.size(), 1'100'000U);
}

TEST(CapturedCommand, what_is_not_there_is_an_error) {
  EXPECT_FALSE(run_captured({"no-such-program-anywhere"}));
}

}  // namespace
}  // namespace weir::cli
