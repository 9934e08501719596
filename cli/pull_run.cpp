// SPDX-License-Identifier: Apache-2.0
#include "cli/pull_run.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/threads.h"

namespace weir::cli {
namespace {

constexpr size_t kWorkers = 4;
constexpr Duration kRedraw{250};     // on a terminal
constexpr Duration kReport{10'000};  // of a plain line, elsewhere

// One line on a terminal that is written over, else a line now and then.
class Display {
 public:
  Display(PullProgress progress, MonotonicTime now)
      : terminal_(::isatty(STDERR_FILENO) == 1), progress_(std::move(progress)), next_(now + interval()) {}

  void update(const PullTally& tally, MonotonicTime now) {
    if (now < next_) return;
    next_ = now + interval();
    auto line = progress_.line(tally, now);
    if (terminal_)
      fmt::print(stderr, "\r\033[K{}", line.substr(0, width()));
    else
      fmt::print(stderr, "{}\n", line);
    std::fflush(stderr);
  }
  void clear() const {
    if (terminal_) fmt::print(stderr, "\r\033[K");
  }

 private:
  Duration interval() const { return terminal_ ? kRedraw : kReport; }
  // A line that wraps could not be written over.
  static size_t width() {
    winsize size{};
    bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col - 1U : 79U;
  }

  const bool terminal_;
  PullProgress progress_;
  MonotonicTime next_;
};

class Run {
 public:
  Run(FilePuller& puller, const PullPlan& plan, const DiskRoom& room, const StopSwitch& stop)
      : puller_(puller), plan_(plan), room_(room), stop_(stop) {}

  PullEnd run() {
    auto began = monotonic_now();
    Display display(PullProgress(plan_.files(), plan_.bytes()), began);
    auto threads = start_workers();
    {
      std::unique_lock lock(mutex_);
      while (!ended_.wait_for(lock, kRedraw, [&] { return workers_ended_ >= threads.size(); })) {
        lock.unlock();
        display.update(puller_.tally(), monotonic_now());
        if (auto enough = room_.check(); !enough) leave_the_rest(enough.error());
        lock.lock();
      }
    }
    for (auto& thread : threads) thread.join();
    display.clear();
    return {puller_.tally(), std::move(failures_), all_tried_, std::move(out_of_room_),
            std::chrono::duration_cast<Duration>(monotonic_now() - began)};
  }

 private:
  // As many as the system gives, up to kWorkers.  Where it gives none the work is done here.
  std::vector<std::thread> start_workers() {
    std::vector<std::thread> threads;
    while (threads.size() < kWorkers) {
      auto thread = start_thread([this, also_large = threads.empty()] { work(also_large); });
      if (!thread) break;
      threads.push_back(std::move(*thread));
    }
    if (threads.empty()) work(true);
    return threads;
  }

  void work(bool also_large) {
    for (size_t at = next_small_++; at < plan_.small.size(); at = next_small_++) pull(plan_.small[at]);
    if (also_large)
      for (const auto& file : plan_.large) pull(file);
    std::lock_guard guard(mutex_);
    ++workers_ended_;
    ended_.notify_one();
  }

  void pull(const TreeFile& file) {
    Result<void> pulled = stop_.pulled() ? fail(ErrorCode::cancelled, "stopped") : puller_.pull(file);
    if (pulled) return;
    if (pulled.error().code == ErrorCode::no_space) return leave_the_rest(pulled.error());
    std::lock_guard guard(mutex_);
    if (pulled.error().code == ErrorCode::cancelled)
      all_tried_ = false;
    else
      failures_.push_back({file.path, pulled.error().message});
  }

  // The files are the smallest first: what follows would not fit either.
  void leave_the_rest(const Error& why) {
    std::lock_guard guard(mutex_);
    if (!out_of_room_) out_of_room_ = why;
    all_tried_ = false;
    stop_.pull();
  }

  FilePuller& puller_;
  const PullPlan& plan_;
  const DiskRoom& room_;
  const StopSwitch& stop_;
  std::atomic<size_t> next_small_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  size_t workers_ended_ = 0;  // guarded by mutex_, as are those below
  std::vector<PullFailure> failures_;
  bool all_tried_ = true;
  std::optional<Error> out_of_room_;
};

}  // namespace

PullEnd run_pull(FilePuller& puller, const PullPlan& plan, const DiskRoom& room, const StopSwitch& stop) {
  return Run(puller, plan, room, stop).run();
}

}  // namespace weir::cli
