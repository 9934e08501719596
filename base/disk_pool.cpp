// SPDX-License-Identifier: Apache-2.0
#include "base/disk_pool.h"

#include <new>

#include "base/log.h"

namespace weir {

namespace {

// What the work holds goes with it.
void perform(std::function<void()> work) {
  try {
    work();
  } catch (const std::bad_alloc&) {
    log::out_of_memory();
  }
}

}  // namespace

DiskPool::DiskPool(size_t threads) {
  try {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  } catch (...) {
    end();
    throw;
  }
}

DiskPool::~DiskPool() {
  end();
}

void DiskPool::end() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void DiskPool::enqueue(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
}

size_t DiskPool::pending() {
  std::lock_guard lock(mutex_);
  return queue_.size() + running_;
}

void DiskPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    lock.unlock();
    perform(std::move(work));
    lock.lock();
    --running_;
  }
}

}  // namespace weir
