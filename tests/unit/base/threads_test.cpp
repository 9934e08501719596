// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "tests/unit/base/few_threads.h"

namespace weir {
namespace {

TEST(ThreadsTest, run_their_work) {
  bool ran = false;
  auto thread = start_thread([&ran] { ran = true; });
  ASSERT_TRUE(thread);
  thread->join();
  EXPECT_TRUE(ran);
}

TEST(ThreadsTest, are_counted_before_they_are_needed) {
  EXPECT_TRUE(check_threads(0));
  EXPECT_TRUE(check_threads(20));
}

[[noreturn]] void say(const Result<void>& checked) {
  std::fputs(checked ? "enough" : checked.error().message.c_str(), stderr);
  // A sanitizer's last look needs a thread.
  ::_exit(0);
}

TEST(ThreadsDeathTest, say_which_limit_there_is) {
  auto check = [] {
    allow_few_threads(3);
    say(check_threads(12));
  };
  EXPECT_EXIT(check(), testing::ExitedWithCode(0), "needs 12 threads: .*TasksMax=.*--pids-limit.*ulimit -u");
}

TEST(ThreadsDeathTest, that_are_refused_are_an_error) {
  auto start = [] {
    allow_few_threads(1);
    auto thread = start_thread([] {});
    say(thread ? Result<void>() : fail(thread.error()));
  };
  EXPECT_EXIT(start(), testing::ExitedWithCode(0), "no further thread");
}

}  // namespace
}  // namespace weir
