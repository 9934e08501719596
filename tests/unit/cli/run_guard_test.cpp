// SPDX-License-Identifier: Apache-2.0
#include "cli/run_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <future>
#include <optional>
#include <thread>

#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

using namespace std::chrono_literals;

// A watch whose callback can be waited for.
struct Watched {
  explicit Watched(const std::filesystem::path& root)
      : watch(RunWatch::start(root, [this] { promise.set_value(); }).value()) {}

  bool has_ended() { return ended.wait_for(0s) == std::future_status::ready; }
  void wait() { ended.wait(); }

  std::promise<void> promise;
  std::future<void> ended = promise.get_future();
  std::unique_ptr<RunWatch> watch;
};

// Whether a run could begin now without waiting.
bool a_run_could_begin(const std::filesystem::path& root) {
  UniqueFd fd(::open((root / "runs").c_str(), O_RDWR | O_CLOEXEC));
  return ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0;
}

TEST(RunGuardTest, ends_with_the_last_run) {
  TemporaryFolder folder;
  std::optional first = RunLease::take(folder.path()).value();
  Watched watched(folder.path());
  std::optional second = RunLease::take(folder.path()).value();
  first.reset();
  EXPECT_FALSE(watched.has_ended());
  EXPECT_TRUE(a_run_could_begin(folder.path()));
  second.reset();
  watched.wait();
}

TEST(RunGuardTest, ends_at_once_without_a_run) {
  TemporaryFolder folder;
  Watched(folder.path()).wait();
}

TEST(RunGuardTest, lets_no_run_begin_that_would_count_on_it) {
  TemporaryFolder folder;
  {
    Watched watched(folder.path());
    watched.wait();
  }
  // The proxy is still ending: the lock stays as long as its process.
  EXPECT_FALSE(a_run_could_begin(folder.path()));
}

TEST(RunGuardTest, ends_when_the_run_is_killed) {
  TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t run = ::fork();
  if (run == 0) {
    auto lease = RunLease::take(folder.path());
    if (lease && ::write(ready[1], "x", 1) == 1)
      for (;;) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  Watched watched(folder.path());
  EXPECT_FALSE(watched.has_ended());
  ::kill(run, SIGKILL);
  watched.wait();
  ::waitpid(run, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(RunGuardTest, does_not_call_back_once_destroyed) {
  TemporaryFolder folder;
  std::optional lease = RunLease::take(folder.path()).value();
  auto called = std::make_shared<std::atomic<bool>>(false);
  RunWatch::start(folder.path(), [called] { *called = true; }).value().reset();
  lease.reset();
  // The watch's thread lives on; it has the lock, so its wait is over.
  while (a_run_could_begin(folder.path())) std::this_thread::yield();
  EXPECT_FALSE(*called);
}

TEST(RunGuardTest, needs_the_stores_folder) {
  EXPECT_EQ(RunLease::take("/nonexistent/store").error().code, ErrorCode::io);
  EXPECT_EQ(RunWatch::start("/nonexistent/store", [] {}).error().code, ErrorCode::io);
}

}  // namespace
}  // namespace weir::cli
