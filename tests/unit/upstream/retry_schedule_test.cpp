// SPDX-License-Identifier: Apache-2.0
#include "upstream/retry_schedule.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

constexpr Duration kPatience{9'000};

class RetryScheduleTest : public testing::Test {
 protected:
  std::optional<Duration> next(std::optional<Duration> not_before = std::nullopt) {
    auto delay = schedule_.next(now_, not_before);
    if (delay) now_ += *delay;
    return delay;
  }

  MonotonicTime now_{};
  RetrySchedule schedule_{FetchOptions{}, kPatience};
};

TEST_F(RetryScheduleTest, waits_longer_each_time_and_gives_up_within_the_patience) {
  schedule_.begin(now_);
  for (int expected : {500, 1'000, 2'000, 4'000}) EXPECT_EQ(next(), Duration(expected));
  EXPECT_EQ(next(), std::nullopt);  // 8 s more would be 15.5 s
}

TEST_F(RetryScheduleTest, has_no_bound_on_all_waits_together_once_something_came) {
  schedule_.begin(now_);
  schedule_.progress();
  for (int expected : {500, 1'000, 2'000, 4'000, 8'000}) EXPECT_EQ(next(), Duration(expected));
  EXPECT_EQ(next(), std::nullopt);  // five in a row
}

TEST_F(RetryScheduleTest, begins_anew_with_what_comes) {
  schedule_.begin(now_);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(next(), Duration(500));
    schedule_.progress();
  }
}

TEST_F(RetryScheduleTest, heeds_what_the_origin_asks_for) {
  schedule_.begin(now_);
  EXPECT_EQ(next(Duration(3'000)), Duration(3'000));
  EXPECT_EQ(next(Duration(0)), Duration(1'000));
  EXPECT_EQ(next(Duration(60'000)), std::nullopt);
}

TEST_F(RetryScheduleTest, never_waits_longer_than_clients_do) {
  schedule_.begin(now_);
  schedule_.progress();
  EXPECT_EQ(next(kPatience), kPatience);
  EXPECT_EQ(next(kPatience + Duration(1)), std::nullopt);
}

TEST_F(RetryScheduleTest, counts_tries_without_a_wait) {
  schedule_.begin(now_);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(schedule_.next_at_once());
  EXPECT_FALSE(schedule_.next_at_once());
  schedule_.progress();
  EXPECT_TRUE(schedule_.next_at_once());
}

}  // namespace
}  // namespace weir::upstream
