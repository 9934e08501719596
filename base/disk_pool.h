// SPDX-License-Identifier: Apache-2.0
// Threads for what may block: disk writes, fsync, hashing, cold reads, SQLite.  Work runs on a pool thread, then its
// completion runs on the loop that asked.  Whoever submits keeps one piece of work per object in flight and collects
// the rest, so the queue is bounded by the number of readers and fetches.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/loop.h"
#include "base/result.h"

namespace weir {

// One piece of submitted work.  Destroying it forgets the completion; the work itself, once begun, runs to its end, so
// what it touches must be owned by it.
class DiskTask {
 public:
  DiskTask() = default;
  ~DiskTask() { cancel(); }
  DiskTask(DiskTask&&) noexcept = default;
  DiskTask& operator=(DiskTask&& other) noexcept {
    cancel();
    alive_ = std::move(other.alive_);
    return *this;
  }

  void cancel() {
    if (alive_) *alive_ = false;
    alive_.reset();
  }

 private:
  friend class DiskPool;
  explicit DiskTask(std::shared_ptr<bool> alive) : alive_(std::move(alive)) {}
  std::shared_ptr<bool> alive_;  // read and written on the submitting loop only
};

class DiskPool {
 public:
  // Throws std::system_error when the system does not give so many.
  explicit DiskPool(size_t threads);
  // Runs all work that was submitted, then ends the threads.
  ~DiskPool();
  DiskPool(const DiskPool&) = delete;
  DiskPool& operator=(const DiskPool&) = delete;

  // Runs `work` on a pool thread and then `done(its value)` on `loop`, which must outlive the pool.  When memory runs
  // out in `work`, a Result is an error (io).
  template <typename T>
  [[nodiscard]] DiskTask submit(Loop& loop, std::function<T()> work, std::function<void(T)> done) {
    auto alive = std::make_shared<bool>(true);
    enqueue([&loop, alive, work = std::move(work), done = std::move(done)]() mutable {
      auto value = std::make_shared<T>(value_of(work));
      work = nullptr;
      // All of it moves on: what the completion holds goes on the loop's thread, called or not.
      loop.post([alive = std::move(alive), value = std::move(value), done = std::move(done)] {
        if (*alive) done(std::move(*value));
      });
    });
    return DiskTask(std::move(alive));
  }

  // Runs `work` on a pool thread; nobody waits for it.
  void submit(std::function<void()> work) { enqueue(std::move(work)); }

  // Pieces of work that wait or run.
  size_t pending();

 private:
  template <typename T>
  struct IsResult : std::false_type {};
  template <typename T>
  struct IsResult<Result<T>> : std::true_type {};

  template <typename T>
  static T value_of(const std::function<T()>& work) {
    if constexpr (IsResult<T>::value) {
      try {
        return work();
      } catch (const std::bad_alloc&) {
        return fail(ErrorCode::io, "there is no memory left");
      }
    } else {
      return work();
    }
  }

  void enqueue(std::function<void()> work);
  void run();
  void end();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
  size_t running_ = 0;                       // guarded by mutex_
  bool stopping_ = false;                    // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace weir
