// SPDX-License-Identifier: Apache-2.0
#include "base/loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <functional>
#include <new>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace weir {
namespace {

using testing::ElementsAre;

constexpr Duration kSoon{1};
constexpr Duration kNever{3'600'000};

// Calls back when it goes.
class Mortal {
 public:
  explicit Mortal(std::function<void()> on_death) : on_death_(std::move(on_death)) {}
  ~Mortal() { on_death_(); }
  Mortal(const Mortal&) = delete;
  Mortal& operator=(const Mortal&) = delete;

 private:
  std::function<void()> on_death_;
};

struct SocketPair {
  SocketPair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
      throw std::runtime_error("no socket pair");
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  void send() { EXPECT_EQ(::write(theirs.get(), "x", 1), 1); }
  ssize_t receive() {
    char buffer[8];
    return ::read(ours.get(), buffer, sizeof buffer);
  }
  UniqueFd ours;
  UniqueFd theirs;
};

TEST(LoopTest, runs_posts_in_their_order) {
  Loop loop;
  std::vector<int> seen;
  for (int i : {1, 2, 3}) loop.post([&seen, i] { seen.push_back(i); });
  loop.stop();
  loop.run();
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
}

TEST(LoopTest, runs_posts_of_many_threads_each_in_its_order) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 2000;
  Loop loop;
  std::array<int, kThreads> last{};
  int count = 0;
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 1; i <= kPosts; ++i) {
        loop.post([&, thread, i] {
          EXPECT_EQ(last[thread] + 1, i);
          last[thread] = i;
          if (++count == kThreads * kPosts) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kPosts);
}

TEST(LoopTest, a_task_may_post_and_is_not_starved) {
  Loop loop;
  int rounds = 0;
  std::function<void()> again = [&] {
    if (++rounds == 100) {
      loop.stop();
    } else {
      loop.post(again);
    }
  };
  loop.post(again);
  loop.run();
  EXPECT_EQ(rounds, 100);
}

TEST(LoopTest, stops_from_another_thread_and_runs_again) {
  Loop loop;
  for (int round = 0; round < 3; ++round) {
    std::thread stopper([&loop] { loop.stop(); });
    loop.run();
    stopper.join();
  }
  int rounds = 0;
  std::function<void()> again = [&] { ++rounds < 10 ? loop.post(again) : loop.stop(); };
  loop.post(again);
  loop.run();
  EXPECT_EQ(rounds, 10) << "an earlier stop does not end a later run";
}

TEST(LoopTest, a_tasks_captures_go_before_the_next_task_runs) {
  Loop loop;
  bool gone = false;
  loop.post([mortal = std::make_shared<Mortal>([&gone] { gone = true; })] {});
  loop.post([&] { EXPECT_TRUE(gone); });
  loop.stop();
  loop.run();
  EXPECT_TRUE(gone);
}

TEST(LoopTest, destroy_later_waits_for_the_running_callback) {
  Loop loop;
  bool gone = false;
  loop.post([&] {
    loop.destroy_later(std::make_unique<Mortal>([&gone] { gone = true; }));
    EXPECT_FALSE(gone);
    loop.post([&] {
      EXPECT_TRUE(gone);
      loop.stop();
    });
  });
  loop.run();
  EXPECT_TRUE(gone);
}

TEST(LoopTest, destroy_later_wakes_the_loop) {
  Loop loop;
  Timer timer(loop, [&] { loop.destroy_later(std::make_unique<Mortal>([&loop] { loop.stop(); })); });
  timer.start(kSoon);
  loop.run();
}

TEST(LoopTest, what_is_destroyed_may_bury_more) {
  Loop loop;
  std::vector<std::string> gone;
  loop.post([&] {
    loop.destroy_later(std::make_unique<Mortal>([&] {
      gone.push_back("outer");
      loop.destroy_later(std::make_unique<Mortal>([&] {
        gone.push_back("inner");
        loop.stop();
      }));
    }));
  });
  loop.run();
  EXPECT_THAT(gone, ElementsAre("outer", "inner"));
}

TEST(LoopTest, the_loops_end_destroys_what_is_left) {
  std::vector<std::string> gone;
  {
    Loop loop;
    loop.destroy_later(std::make_unique<Mortal>([&] { gone.push_back("buried"); }));
    loop.post([&loop, &gone, mortal = std::make_shared<Mortal>([&] {
                               gone.push_back("posted");
                               loop.destroy_later(
                                   std::make_unique<Mortal>([&] { gone.push_back("buried by the posted"); }));
                             })] { ADD_FAILURE() << "a loop that never ran ran a task"; });
  }
  EXPECT_THAT(gone, ElementsAre("buried", "posted", "buried by the posted"));
}

TEST(LoopTest, tasks_that_post_each_other_leave_descriptors_their_turn) {
  Loop loop;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd from(ends[0]), to(ends[1]);
  bool readable = false;
  FdWatch watch(loop, from.get(), [&](bool, bool) {
    readable = true;
    loop.stop();
  });
  watch.want(Interest::read);
  std::function<void()> again = [&] {
    if (!readable) loop.post(again);
  };
  Timer start(loop, [&] {
    loop.post(again);
    ASSERT_EQ(::write(to.get(), "x", 1), 1);
  });
  start.start(Duration(0));
  loop.run();
  EXPECT_TRUE(readable);
}

TEST(TimerTest, fires_once_and_in_the_order_of_the_times) {
  Loop loop;
  std::vector<std::string> fired;
  Timer second(loop, [&] { fired.push_back("second"); });
  Timer first(loop, [&] { fired.push_back("first"); });
  Timer last(loop, [&] { loop.stop(); });
  second.start(Duration(8));
  first.start(Duration(2));
  last.start(Duration(20));
  EXPECT_TRUE(first.running());
  loop.run();
  EXPECT_THAT(fired, ElementsAre("first", "second"));
  EXPECT_FALSE(first.running());
}

TEST(TimerTest, a_time_in_the_past_is_now) {
  Loop loop;
  Timer timer(loop, [&] { loop.stop(); });
  timer.start(Duration(-5));
  loop.run();
  EXPECT_FALSE(timer.running());
}

TEST(TimerTest, starting_anew_moves_it) {
  Loop loop;
  bool fired = false;
  Timer moved(loop, [&] { fired = true; });
  moved.start(Duration(0));
  moved.start(kNever);
  Timer end(loop, [&] { loop.stop(); });
  end.start(kSoon);
  loop.run();
  EXPECT_FALSE(fired);
  EXPECT_TRUE(moved.running());
}

TEST(TimerTest, starting_anew_brings_it_forward) {
  Loop loop;
  Timer moved(loop, [&] { loop.stop(); });
  moved.start(kNever);
  moved.start(kSoon);
  loop.run();
  EXPECT_FALSE(moved.running());
}

TEST(TimerTest, fires_at_its_last_time_and_once) {
  Loop loop;
  std::vector<MonotonicTime> fired;
  Timer timer(loop, [&] { fired.push_back(monotonic_now()); });
  Timer end(loop, [&] { loop.stop(); });
  timer.start(Duration(1));
  timer.stop();
  timer.start(Duration(1));
  auto last = monotonic_now();
  timer.start(Duration(20));
  end.start(Duration(60));
  loop.run();
  ASSERT_EQ(fired.size(), 1U);
  EXPECT_GE(fired.front() - last, Duration(20));
}

TEST(TimerTest, stopped_or_destroyed_it_does_not_fire) {
  Loop loop;
  auto refuse = [] { ADD_FAILURE() << "fired"; };
  Timer stopped(loop, refuse);
  stopped.start(Duration(0));
  stopped.stop();
  EXPECT_FALSE(stopped.running());
  auto destroyed = std::make_unique<Timer>(loop, refuse);
  destroyed->start(Duration(0));
  destroyed.reset();
  Timer end(loop, [&] { loop.stop(); });
  end.start(kSoon);
  loop.run();
}

TEST(TimerTest, its_callback_may_destroy_it_and_still_use_its_captures) {
  Loop loop;
  std::unique_ptr<Timer> timer;
  std::string captured = "a string that is too long to be kept within std::function";
  std::string seen;
  timer = std::make_unique<Timer>(loop, [&, captured] {
    timer.reset();
    seen = captured;
    loop.stop();
  });
  timer->start(kSoon);
  loop.run();
  EXPECT_EQ(seen, captured);
}

TEST(TimerTest, its_callback_may_start_it_again) {
  Loop loop;
  int fired = 0;
  Timer timer(loop, [&] {
    if (++fired == 3) {
      loop.stop();
    } else {
      timer.start(kSoon);
    }
  });
  timer.start(kSoon);
  loop.run();
  EXPECT_EQ(fired, 3);
}

TEST(TimerTest, one_callback_may_destroy_another_that_is_due) {
  Loop loop;
  auto victim = std::make_unique<Timer>(loop, [] { ADD_FAILURE() << "fired after its end"; });
  Timer killer(loop, [&] { victim.reset(); });
  killer.start(Duration(0));
  victim->start(Duration(0));
  Timer end(loop, [&] { loop.stop(); });
  end.start(Duration(5));
  // Both are due before the loop first looks: this handler would run second.
  loop.run();
  EXPECT_EQ(victim, nullptr);
}

TEST(FdWatchTest, calls_while_readable) {
  Loop loop;
  SocketPair pair;
  int calls = 0;
  FdWatch watch(loop, pair.ours.get(), [&](bool readable, bool writable) {
    EXPECT_TRUE(readable);
    EXPECT_FALSE(writable);
    if (++calls < 3) return;  // level-triggered: the byte that nobody took calls again
    EXPECT_EQ(pair.receive(), 1);
    loop.stop();
  });
  watch.want(Interest::read);
  pair.send();
  loop.run();
  EXPECT_EQ(calls, 3);
}

TEST(FdWatchTest, tells_reading_from_writing) {
  Loop loop;
  SocketPair pair;
  std::vector<std::pair<bool, bool>> seen;
  FdWatch watch(loop, pair.ours.get(), [&](bool readable, bool writable) {
    seen.emplace_back(readable, writable);
    watch.want(Interest::none);
    loop.stop();
  });
  auto ask = [&](Interest interest) {
    watch.want(interest);
    EXPECT_EQ(watch.interest(), interest);
    loop.run();
  };
  ask(Interest::write);
  ask(Interest::both);
  pair.send();
  ask(Interest::both);
  EXPECT_THAT(seen, ElementsAre(std::pair(false, true), std::pair(false, true), std::pair(true, true)));
}

TEST(FdWatchTest, without_interest_or_destroyed_it_is_silent) {
  Loop loop;
  SocketPair pair;
  pair.send();
  auto refuse = [](bool, bool) { ADD_FAILURE() << "called"; };
  FdWatch idle(loop, pair.ours.get(), refuse);
  idle.want(Interest::both);
  idle.want(Interest::none);
  auto destroyed = std::make_unique<FdWatch>(loop, pair.ours.get(), refuse);
  destroyed->want(Interest::both);
  destroyed.reset();
  Timer end(loop, [&] { loop.stop(); });
  end.start(kSoon);
  loop.run();
}

TEST(FdWatchTest, its_callback_may_change_its_interest) {
  Loop loop;
  SocketPair pair;
  int writable_calls = 0;
  FdWatch watch(loop, pair.ours.get(), [&](bool readable, bool writable) {
    if (writable) {
      ++writable_calls;
      watch.want(Interest::read);
      pair.send();
    } else if (readable) {
      watch.want(Interest::none);
      loop.stop();
    }
  });
  watch.want(Interest::write);
  loop.run();
  EXPECT_EQ(writable_calls, 1);
}

TEST(FdWatchTest, its_callback_may_destroy_it_and_still_use_its_captures) {
  Loop loop;
  SocketPair pair;
  std::unique_ptr<FdWatch> watch;
  std::string captured = "a string that is too long to be kept within std::function";
  std::string seen;
  watch = std::make_unique<FdWatch>(loop, pair.ours.get(), [&, captured](bool, bool) {
    watch.reset();
    pair.ours.reset();
    seen = captured;
    loop.stop();
  });
  watch->want(Interest::both);
  pair.send();
  loop.run();
  EXPECT_EQ(seen, captured);
}

TEST(FdWatchTest, one_callback_may_destroy_another_that_is_ready) {
  Loop loop;
  SocketPair a;
  SocketPair b;
  std::unique_ptr<FdWatch> first;
  std::unique_ptr<FdWatch> second;
  int calls = 0;
  auto destroy = [&](std::unique_ptr<FdWatch>& other, SocketPair& own) {
    ++calls;
    other.reset();
    EXPECT_EQ(own.receive(), 1);
    loop.stop();
  };
  first = std::make_unique<FdWatch>(loop, a.ours.get(), [&](bool, bool) { destroy(second, a); });
  second = std::make_unique<FdWatch>(loop, b.ours.get(), [&](bool, bool) { destroy(first, b); });
  first->want(Interest::read);
  second->want(Interest::read);
  a.send();
  b.send();
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST(FdWatchTest, the_peers_end_is_readable) {
  Loop loop;
  SocketPair pair;
  FdWatch watch(loop, pair.ours.get(), [&](bool readable, bool) {
    EXPECT_TRUE(readable);
    EXPECT_EQ(pair.receive(), 0);
    loop.stop();
  });
  watch.want(Interest::read);
  pair.theirs.reset();
  loop.run();
}

TEST(LoopTest, memory_that_runs_out_in_a_callback_ends_only_that) {
  Loop loop;
  Timer timer(loop, [&] { throw std::bad_alloc(); });
  Timer later(loop, [&] { loop.stop(); });
  int ran = 0;
  loop.post([] { throw std::bad_alloc(); });
  loop.post([&] { ++ran; });
  timer.start(Duration(0));
  later.start(Duration(20));
  loop.run();
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(timer.running());
}

TEST(SignalWatchTest, tells_of_a_signal_on_the_loop) {
  Loop loop;
  int signals = 0;
  auto loop_thread = std::this_thread::get_id();
  SignalWatch watch(loop, SIGUSR1, [&] {
    EXPECT_EQ(std::this_thread::get_id(), loop_thread);
    ++signals;
    loop.stop();
  });
  loop.post([] { ::raise(SIGUSR1); });
  loop.run();
  EXPECT_EQ(signals, 1);
}

}  // namespace
}  // namespace weir
