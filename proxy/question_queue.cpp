// SPDX-License-Identifier: Apache-2.0
#include "proxy/question_queue.h"

#include <utility>

namespace weir::proxy {

class QuestionQueue::Asking : public Turn {
 public:
  Asking(QuestionQueue& queue, std::string question) : queue_(queue), question_(std::move(question)) {}
  ~Asking() override { queue_.end(question_); }
  bool asks() const override { return true; }

 private:
  QuestionQueue& queue_;
  const std::string question_;
};

class QuestionQueue::Waiting : public Turn {
 public:
  explicit Waiting(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}
  ~Waiting() override { waiter_->called = nullptr; }
  bool asks() const override { return false; }

 private:
  std::shared_ptr<Waiter> waiter_;
};

std::unique_ptr<QuestionQueue::Turn> QuestionQueue::take(const std::string& question, Loop& loop,
                                                         std::function<void()> called) {
  std::lock_guard lock(mutex_);
  auto [open, is_first] = open_.try_emplace(question);
  if (is_first) return std::make_unique<Asking>(*this, question);
  auto waiter = std::make_shared<Waiter>(Waiter{loop, std::move(called)});
  open->second.push_back(waiter);
  return std::make_unique<Waiting>(std::move(waiter));
}

void QuestionQueue::end(const std::string& question) {
  std::unique_lock lock(mutex_);
  auto waiters = std::move(open_.extract(question).mapped());
  lock.unlock();
  for (auto& waiter : waiters) {
    auto& loop = waiter->loop;
    loop.post([waiter = std::move(waiter)] {
      // A copy: being called may destroy the turn, and with it the original.
      auto called = waiter->called;
      if (called) called();
    });
  }
}

}  // namespace weir::proxy
