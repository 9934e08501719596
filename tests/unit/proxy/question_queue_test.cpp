// SPDX-License-Identifier: Apache-2.0
#include "proxy/question_queue.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

class QuestionQueueTest : public testing::Test {
 protected:
  std::unique_ptr<QuestionQueue::Turn> take(const std::string& question) {
    return queue_.take(question, loop_, [this] { ++called_; });
  }
  // Runs what was posted.
  void run() {
    loop_.post([this] { loop_.stop(); });
    loop_.run();
  }

  Loop loop_;
  QuestionQueue queue_;
  int called_ = 0;
};

TEST_F(QuestionQueueTest, the_first_asks_and_the_others_wait) {
  auto first = take("q");
  auto second = take("q");
  auto third = take("q");
  EXPECT_TRUE(first->asks());
  EXPECT_FALSE(second->asks());
  EXPECT_FALSE(third->asks());
  first.reset();
  EXPECT_EQ(called_, 0) << "never from within another's call";
  run();
  EXPECT_EQ(called_, 2);
}

TEST_F(QuestionQueueTest, another_question_is_asked_at_once) {
  auto first = take("q");
  EXPECT_TRUE(take("other")->asks());
}

TEST_F(QuestionQueueTest, after_the_end_the_next_asks) {
  take("q");
  EXPECT_TRUE(take("q")->asks());
}

TEST_F(QuestionQueueTest, who_has_left_is_not_called) {
  auto first = take("q");
  auto stays = take("q");
  auto leaves = take("q");
  auto leaves_late = take("q");
  leaves.reset();
  first.reset();
  leaves_late.reset();
  run();
  EXPECT_EQ(called_, 1);
}

TEST_F(QuestionQueueTest, a_call_may_end_its_own_turn_and_take_another) {
  auto first = take("q");
  std::unique_ptr<QuestionQueue::Turn> second;
  second = queue_.take("q", loop_, [&] { second = take("q"); });
  first.reset();
  run();
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->asks());
}

}  // namespace
}  // namespace weir::proxy
