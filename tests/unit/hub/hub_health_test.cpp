// SPDX-License-Identifier: Apache-2.0
#include "hub/hub_health.h"

#include <gtest/gtest.h>

namespace weir::hub {
namespace {

using std::chrono::seconds;

OfflineOptions options() {
  OfflineOptions out;
  out.probe_interval = seconds(10);
  return out;
}

MonotonicTime at(int64_t second) {
  return MonotonicTime(seconds(second));
}

TEST(HubHealthTest, a_hub_that_answers_is_asked) {
  HubHealth health{options()};
  EXPECT_EQ(health.advice(at(0)), HubAdvice::ask);
  EXPECT_EQ(health.answered(at(0)), HubChange::none);
  EXPECT_FALSE(health.is_down());
}

TEST(HubHealthTest, one_that_is_not_there_is_asked_now_and_then) {
  HubHealth health{options()};
  EXPECT_EQ(health.unreachable(at(0)), HubChange::went_down);
  EXPECT_EQ(health.advice(at(9)), HubAdvice::unreachable);
  EXPECT_EQ(health.advice(at(10)), HubAdvice::ask);
  EXPECT_EQ(health.advice(at(10)), HubAdvice::unreachable) << "one probe at a time";
  EXPECT_EQ(health.unreachable(at(11)), HubChange::none);
  EXPECT_EQ(health.advice(at(20)), HubAdvice::unreachable);
  EXPECT_EQ(health.advice(at(21)), HubAdvice::ask);
  EXPECT_EQ(health.answered(at(22)), HubChange::came_back);
  EXPECT_EQ(health.advice(at(22)), HubAdvice::ask);
}

TEST(HubHealthTest, a_probe_that_never_tells_is_followed_by_another) {
  HubHealth health{options()};
  health.unreachable(at(0));
  EXPECT_EQ(health.advice(at(10)), HubAdvice::ask);
  EXPECT_EQ(health.advice(at(20)), HubAdvice::ask);
}

TEST(HubHealthTest, server_errors_count_when_nothing_else_is_heard) {
  HubHealth health{options()};
  EXPECT_EQ(health.server_error(at(0)), HubChange::none);
  EXPECT_EQ(health.server_error(at(0)), HubChange::none);
  health.answered(at(0));
  EXPECT_EQ(health.server_error(at(1)), HubChange::none);
  EXPECT_EQ(health.server_error(at(1)), HubChange::none);
  EXPECT_EQ(health.server_error(at(1)), HubChange::went_down);
  EXPECT_TRUE(health.is_down());
}

TEST(HubHealthTest, a_pause_that_the_hub_demands_is_for_all_and_bounded) {
  HubHealth health{options()};
  health.limited(at(0), Duration(5'000));
  health.limited(at(0), Duration(1'000));
  EXPECT_EQ(health.advice(at(4)), HubAdvice::limited);
  EXPECT_EQ(health.pause_left(at(4)), Duration(1'000));
  EXPECT_EQ(health.advice(at(5)), HubAdvice::ask);
  EXPECT_EQ(health.pause_left(at(5)), std::nullopt);
  health.limited(at(10), std::chrono::hours(24));
  EXPECT_EQ(health.pause_left(at(10)), HubHealth::kLongestPause);
}

TEST(HubHealthTest, modes) {
  HubHealth always{OfflineOptions{OfflineMode::always}};
  EXPECT_EQ(always.advice(at(0)), HubAdvice::unreachable);
  HubHealth never{OfflineOptions{OfflineMode::never}};
  EXPECT_EQ(never.unreachable(at(0)), HubChange::none);
  EXPECT_EQ(never.advice(at(1)), HubAdvice::ask);
}

}  // namespace
}  // namespace weir::hub
