// SPDX-License-Identifier: Apache-2.0
#include "base/loop.h"

#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "base/log.h"

namespace weir {
namespace {

// Memory that runs out in one callback costs what that was doing, not the process and all that others are doing.
// Libevent, in C, could not pass the exception on.
template <typename Callback>
void call(Callback&& callback) {
  try {
    callback();
  } catch (const std::bad_alloc&) {
    log::out_of_memory();
  }
}

}  // namespace

void Loop::Free::operator()(event_base* base) const {
  event_base_free(base);
}

void Loop::Free::operator()(event* event) const {
  event_free(event);
}

Loop::Loop() : base_(event_base_new()), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!base_ || wake_fd_ < 0) throw std::bad_alloc();
  auto on_wake = [](int fd, short, void* self) {
    uint64_t count;
    [[maybe_unused]] auto got = ::read(fd, &count, sizeof count);
    static_cast<Loop*>(self)->run_posted();
  };
  auto on_soon = [](int, short, void* self) { static_cast<Loop*>(self)->run_posted(); };
  wake_.reset(event_new(base_.get(), wake_fd_, EV_READ | EV_PERSIST, on_wake, this));
  soon_.reset(event_new(base_.get(), -1, 0, on_soon, this));
  if (!wake_ || !soon_) throw std::bad_alloc();
  event_add(wake_.get(), nullptr);
}

Loop::~Loop() {
  wake_.reset();
  soon_.reset();
  // What goes may bury or post more.
  while (!graveyard_.empty() || !posted_.empty()) {
    std::exchange(graveyard_, {}).clear();
    std::exchange(posted_, {}).clear();
  }
  ::close(wake_fd_);
}

void Loop::run() {
  owner_ = std::this_thread::get_id();
  event_base_loop(base_.get(), 0);
  owner_ = std::thread::id();
  run_posted();
  std::lock_guard lock(mutex_);
  stopping_ = false;
}

void Loop::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  post([] {});
}

void Loop::post(std::function<void()> task) {
  bool was_empty;
  {
    std::lock_guard lock(mutex_);
    was_empty = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (was_empty) wake();
}

// Its own thread needs no system call, but between tasks that post each other the descriptors get their turn.
void Loop::wake() {
  if (owner_ == std::this_thread::get_id() && !running_posted_) return event_active(soon_.get(), 0, 0);
  uint64_t one = 1;
  [[maybe_unused]] auto put = ::write(wake_fd_, &one, sizeof one);
}

void Loop::bury(std::shared_ptr<void> object) {
  graveyard_.push_back(std::move(object));
  post([] {});
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  bool stopping;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(posted_);
    stopping = stopping_;
  }
  running_posted_ = true;
  for (auto& task : tasks) {
    call(task);
    task = nullptr;  // its captures go now, not after the last task
  }
  std::exchange(graveyard_, {}).clear();
  running_posted_ = false;
  if (stopping) event_base_loopbreak(base_.get());
}

FdWatch::FdWatch(Loop& loop, int fd, Callback callback)
    : loop_(loop), fd_(fd), callback_(std::make_shared<Callback>(std::move(callback))) {}

FdWatch::~FdWatch() = default;

void FdWatch::want(Interest interest) {
  if (interest == interest_) return;
  interest_ = interest;
  event_.reset();
  if (interest == Interest::none) return;
  auto bits = static_cast<int>(interest);
  short what = EV_PERSIST;
  if (bits & static_cast<int>(Interest::read)) what |= EV_READ;
  if (bits & static_cast<int>(Interest::write)) what |= EV_WRITE;
  event_.reset(event_new(loop_.base(), fd_, what, &FdWatch::on_event, this));
  if (!event_) throw std::bad_alloc();
  event_add(event_.get(), nullptr);
}

void FdWatch::on_event(int, short what, void* self) {
  // The callback may destroy the watch: its own reference keeps the function alive while it runs.
  auto callback = static_cast<FdWatch*>(self)->callback_;
  call([&] { (*callback)((what & EV_READ) != 0, (what & EV_WRITE) != 0); });
}

Timer::Timer(Loop& loop, std::function<void()> callback)
    : callback_(std::make_shared<std::function<void()>>(std::move(callback))),
      event_(event_new(loop.base(), -1, 0, &Timer::on_event, this)) {
  if (!event_) throw std::bad_alloc();
}

Timer::~Timer() = default;

void Timer::start(Duration delay) {
  auto now = monotonic_now();
  due_ = now + std::max(delay, Duration(0));
  if (!armed_ || *armed_ > *due_) arm(now);
}

void Timer::arm(MonotonicTime now) {
  auto left = std::chrono::ceil<std::chrono::microseconds>(std::max(*due_ - now, MonotonicTime::duration(0))).count();
  timeval interval{static_cast<time_t>(left / 1'000'000), static_cast<suseconds_t>(left % 1'000'000)};
  event_add(event_.get(), &interval);
  armed_ = due_;
}

void Timer::stop() {
  due_.reset();
}

bool Timer::running() const {
  return due_.has_value();
}

void Timer::on_event(int, short, void* self) {
  auto& timer = *static_cast<Timer*>(self);
  timer.armed_.reset();
  if (!timer.due_) return;
  if (auto now = monotonic_now(); now < *timer.due_) return timer.arm(now);
  timer.due_.reset();
  // It may destroy the timer.
  auto callback = timer.callback_;
  call(*callback);
}

void SignalWatch::Free::operator()(event* event) const {
  event_free(event);
}

SignalWatch::SignalWatch(Loop& loop, int signal_number, std::function<void()> callback)
    : callback_(std::move(callback)), event_(evsignal_new(loop.base(), signal_number, &SignalWatch::on_event, this)) {
  if (!event_) throw std::bad_alloc();
  event_add(event_.get(), nullptr);
}

SignalWatch::~SignalWatch() = default;

void SignalWatch::on_event(int, short, void* self) {
  static_cast<SignalWatch*>(self)->callback_();
}

}  // namespace weir
