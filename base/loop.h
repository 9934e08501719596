// SPDX-License-Identifier: Apache-2.0
// One thread's event loop: readiness of descriptors, timers, and work posted from other threads.  The only wrapper
// around libevent; nothing above base/ sees it.  Everything here but post() and stop() belongs to the loop's own
// thread.
//
// Every handle (FdWatch, Timer) cancels itself in its destructor: after that its callback is never called again.  A
// callback may destroy the handle that called it, but not the object whose member function is running: hand that to
// destroy_later().  A callback that throws std::bad_alloc ends there; who holds state over several callbacks sees to
// what becomes of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"

struct event_base;
struct event;

namespace weir {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop().  What was posted before the end is run.
  void run();
  // From any thread.
  void stop();
  // Runs `task` on the loop's thread soon, in the order of the posts.  From any thread.
  void post(std::function<void()> task);
  // Destroys `object` when the current callbacks have returned.
  template <typename T>
  void destroy_later(std::unique_ptr<T> object) {
    bury(std::shared_ptr<void>(std::move(object)));
  }

  event_base* base() { return base_.get(); }

 private:
  friend class FdWatch;
  friend class Timer;

  void bury(std::shared_ptr<void> object);
  void wake();
  void run_posted();

  struct Free {
    void operator()(event_base* base) const;
    void operator()(event* event) const;
  };
  std::unique_ptr<event_base, Free> base_;
  std::unique_ptr<event, Free> wake_;  // by another thread, through wake_fd_
  int wake_fd_ = -1;
  std::unique_ptr<event, Free> soon_;     // woken by its own thread
  std::atomic<std::thread::id> owner_{};  // while it runs
  bool running_posted_ = false;

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  bool stopping_ = false;                      // guarded by mutex_
  std::vector<std::shared_ptr<void>> graveyard_;
};

enum class Interest { none = 0, read = 1, write = 2, both = 3 };

// Calls back while a descriptor is ready (level-triggered).  Does not own the descriptor, which must outlive the watch.
class FdWatch {
 public:
  using Callback = std::function<void(bool readable, bool writable)>;

  FdWatch(Loop& loop, int fd, Callback callback);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void want(Interest interest);
  Interest interest() const { return interest_; }

 private:
  static void on_event(int fd, short what, void* self);

  Loop& loop_;
  int fd_;
  std::shared_ptr<Callback> callback_;
  Interest interest_ = Interest::none;
  std::unique_ptr<event, Loop::Free> event_;
};

// Calls back once after a time.  Made for those that are started and stopped with each request and fire almost never:
// both cost next to nothing.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Starts it, or starts it anew.
  void start(Duration delay);
  void stop();
  bool running() const;

 private:
  static void on_event(int fd, short what, void* self);
  void arm(MonotonicTime now);

  std::shared_ptr<std::function<void()>> callback_;
  std::unique_ptr<event, Loop::Free> event_;
  std::optional<MonotonicTime> due_;    // while it runs
  std::optional<MonotonicTime> armed_;  // when the event comes, which looks whether it is due: never after that time
};

// Calls back on the loop's thread when the process gets a signal.  One loop of a process may have them.
class SignalWatch {
 public:
  SignalWatch(Loop& loop, int signal_number, std::function<void()> callback);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  static void on_event(int fd, short what, void* self);

  std::function<void()> callback_;
  struct Free {
    void operator()(event* event) const;
  };
  std::unique_ptr<event, Free> event_;
};

}  // namespace weir
