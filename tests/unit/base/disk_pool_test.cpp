// SPDX-License-Identifier: Apache-2.0
#include "base/disk_pool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <new>
#include <optional>
#include <system_error>

#include "base/unique_fd.h"
#include "tests/unit/base/few_threads.h"

namespace weir {
namespace {

class DiskPoolTest : public testing::Test {
 protected:
  // Work that returns when released.
  struct Gate {
    std::promise<void> promise;
    std::shared_future<void> opened = promise.get_future().share();
    std::function<int()> work(int value) {
      return [opened = opened, value] {
        opened.wait();
        return value;
      };
    }
    void open() { promise.set_value(); }
  };

  // Ends the loop when all that was submitted before it to a pool of one thread is done.
  [[nodiscard]] DiskTask stop_behind(DiskPool& pool) {
    return pool.submit<int>(
        loop_, [] { return 0; }, [this](int) { loop_.stop(); });
  }

  Loop loop_;
};

TEST_F(DiskPoolTest, works_on_a_pool_thread_and_completes_on_the_loop) {
  DiskPool pool(2);
  auto here = std::this_thread::get_id();
  bool completed = false;
  auto task = pool.submit<std::thread::id>(
      loop_, [] { return std::this_thread::get_id(); },
      [&](std::thread::id worker) {
        EXPECT_NE(worker, here);
        EXPECT_EQ(std::this_thread::get_id(), here);
        completed = true;
        loop_.stop();
      });
  loop_.run();
  EXPECT_TRUE(completed);
}

TEST_F(DiskPoolTest, memory_that_runs_out_is_an_error_of_that_work) {
  DiskPool pool(1);
  pool.submit([] { throw std::bad_alloc(); });
  std::optional<Result<int>> got;
  auto task = pool.submit<Result<int>>(
      loop_, []() -> Result<int> { throw std::bad_alloc(); },
      [&](Result<int> result) {
        got = std::move(result);
        loop_.stop();
      });
  loop_.run();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().code, ErrorCode::io);
}

TEST_F(DiskPoolTest, takes_values_that_only_move) {
  DiskPool pool(1);
  std::unique_ptr<int> got;
  auto task = pool.submit<std::unique_ptr<int>>(
      loop_, [] { return std::make_unique<int>(7); },
      [&](std::unique_ptr<int> value) {
        got = std::move(value);
        loop_.stop();
      });
  loop_.run();
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(*got, 7);
}

TEST_F(DiskPoolTest, one_thread_keeps_the_order) {
  DiskPool pool(1);
  std::vector<int> seen;
  std::vector<DiskTask> tasks;
  tasks.reserve(101);
  for (int i = 0; i < 100; ++i)
    tasks.push_back(pool.submit<int>(
        loop_, [i] { return i; }, [&seen](int value) { seen.push_back(value); }));
  tasks.push_back(stop_behind(pool));
  loop_.run();
  ASSERT_EQ(seen.size(), 100U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(DiskPoolTest, a_cancelled_task_does_not_complete) {
  DiskPool pool(1);
  Gate gate;
  auto refuse = [](int) { ADD_FAILURE() << "completed after its cancellation"; };
  auto running = pool.submit<int>(loop_, gate.work(1), refuse);
  auto waiting = pool.submit<int>(
      loop_, [] { return 2; }, refuse);
  running.cancel();
  waiting.cancel();
  gate.open();
  auto end = stop_behind(pool);
  loop_.run();
}

TEST_F(DiskPoolTest, a_cancelled_task_does_not_complete_even_when_its_work_is_done) {
  DiskPool pool(1);
  std::promise<void> posted;
  auto task = pool.submit<int>(
      loop_, [] { return 1; }, [](int) { ADD_FAILURE() << "completed after its cancellation"; });
  pool.submit([&posted] { posted.set_value(); });
  posted.get_future().wait();  // the completion is posted, and the loop does not run yet
  task.cancel();
  auto end = stop_behind(pool);
  loop_.run();
}

TEST_F(DiskPoolTest, counts_what_waits_and_what_runs) {
  DiskPool pool(1);
  EXPECT_EQ(pool.pending(), 0U);
  Gate gate;
  auto running = pool.submit<int>(loop_, gate.work(1), [](int) {});
  auto waiting = stop_behind(pool);
  EXPECT_EQ(pool.pending(), 2U);
  gate.open();
  loop_.run();
  // A completion may run before its thread has counted.
  while (pool.pending() > 0) std::this_thread::yield();
}

TEST_F(DiskPoolTest, destroying_or_replacing_a_task_cancels_it) {
  DiskPool pool(1);
  Gate gate;
  auto refuse = [](int) { ADD_FAILURE() << "completed after its end"; };
  { auto destroyed = pool.submit<int>(loop_, gate.work(1), refuse); }
  auto replaced = pool.submit<int>(
      loop_, [] { return 2; }, refuse);
  int got = 0;
  replaced = pool.submit<int>(
      loop_, [] { return 3; }, [&got](int value) { got = value; });
  gate.open();
  auto end = stop_behind(pool);
  loop_.run();
  EXPECT_EQ(got, 3);
}

TEST_F(DiskPoolTest, a_moved_task_still_completes) {
  DiskPool pool(1);
  int got = 0;
  auto first = pool.submit<int>(
      loop_, [] { return 5; }, [&got](int value) { got = value; });
  DiskTask second(std::move(first));
  auto end = stop_behind(pool);
  loop_.run();
  EXPECT_EQ(got, 5);
}

TEST_F(DiskPoolTest, a_completion_may_destroy_its_own_task_and_submit_anew) {
  DiskPool pool(1);
  std::optional<DiskTask> task;
  int rounds = 0;
  std::function<void(int)> again = [&](int value) {
    task.reset();
    if (++rounds == 10) return loop_.stop();
    task = pool.submit<int>(
        loop_, [value] { return value + 1; }, again);
  };
  task = pool.submit<int>(
      loop_, [] { return 0; }, again);
  loop_.run();
  EXPECT_EQ(rounds, 10);
}

// The captures of a completion belong to the loop: they go on its thread whether it was called or not.
TEST_F(DiskPoolTest, what_a_completion_holds_goes_on_the_loops_thread) {
  DiskPool pool(1);
  auto here = std::this_thread::get_id();
  auto held = [here] {
    return std::shared_ptr<void>(nullptr, [here](void*) { EXPECT_EQ(std::this_thread::get_id(), here); });
  };
  std::vector<DiskTask> tasks;
  for (int i = 0; i < 200; ++i) {
    tasks.push_back(pool.submit<std::shared_ptr<void>>(loop_, held, [kept = held()](const std::shared_ptr<void>&) {}));
    if (i % 2) tasks.back().cancel();
  }
  tasks.push_back(stop_behind(pool));
  loop_.run();
}

TEST_F(DiskPoolTest, its_end_runs_all_work) {
  std::atomic<int> ran = 0;
  Gate gate;
  {
    DiskPool pool(2);
    for (int i = 0; i < 2; ++i) pool.submit([work = gate.work(0)] { work(); });
    for (int i = 0; i < 500; ++i) pool.submit([&ran] { ++ran; });
    EXPECT_EQ(ran, 0);
    gate.open();
  }
  EXPECT_EQ(ran, 500);
}

TEST_F(DiskPoolTest, work_may_submit_work_while_the_pool_ends) {
  std::atomic<int> ran = 0;
  {
    DiskPool pool(2);
    for (int i = 0; i < 50; ++i) pool.submit([&] { pool.submit([&ran] { ++ran; }); });
  }
  EXPECT_EQ(ran, 50);
}

TEST_F(DiskPoolTest, many_threads_serve_one_loop) {
  DiskPool pool(8);
  int64_t sum = 0;
  int left = 1000;
  std::vector<DiskTask> tasks;
  for (int i = 1; i <= 1000; ++i) {
    tasks.push_back(pool.submit<int>(
        loop_, [i] { return i; },
        [&](int value) {
          sum += value;
          if (--left == 0) loop_.stop();
        }));
  }
  loop_.run();
  EXPECT_EQ(sum, 500'500);
}

TEST(DiskPoolDeathTest, ends_the_threads_that_it_got) {
  auto make = [] {
    allow_few_threads(3);
    try {
      DiskPool pool(8);
    } catch (const std::system_error&) {
      ::_exit(0);  // a sanitizer's last look needs a thread
    }
    ::_exit(1);
  };
  EXPECT_EXIT(make(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace weir
