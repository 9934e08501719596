// SPDX-License-Identifier: Apache-2.0
// Collects changes and gives them in batches to a function on a thread of its own, so that whoever learns something
// never waits for the disk.  put() and flush() are safe from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace weir::hub {

template <typename Change>
class WriteBehind {
 public:
  // How long changes are collected before they are written: one transaction for many.
  static constexpr auto kBatchTime = std::chrono::milliseconds(200);

  // Above `limit` waiting changes further ones are dropped: they must be such as can be learnt again.
  WriteBehind(size_t limit, std::function<void(const std::vector<Change>&)> write)
      : limit_(limit), write_(std::move(write)), thread_([this] { run(); }) {}

  // Writes what waits.
  ~WriteBehind() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void put(Change change) {
    {
      std::lock_guard lock(mutex_);
      if (queue_.size() >= limit_) return;
      queue_.push_back(std::move(change));
    }
    changed_.notify_all();
  }

  // Waits until all that was put before is written, or could not be.
  void flush() {
    std::unique_lock lock(mutex_);
    ++flushers_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return queue_.empty() && !writing_; });
    --flushers_;
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !queue_.empty() || stopping_; });
      if (queue_.empty()) return;
      changed_.wait_for(lock, kBatchTime, [this] { return stopping_ || flushers_ > 0; });
      auto changes = std::exchange(queue_, {});
      writing_ = true;
      lock.unlock();
      write_(changes);
      lock.lock();
      writing_ = false;
      changed_.notify_all();
    }
  }

  const size_t limit_;
  const std::function<void(const std::vector<Change>&)> write_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Change> queue_;  // guarded by mutex_
  bool writing_ = false;       // guarded by mutex_
  bool stopping_ = false;      // guarded by mutex_
  int flushers_ = 0;           // guarded by mutex_
  std::thread thread_;
};

}  // namespace weir::hub
