// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_standing.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

using Kind = LaneFailure::Kind;

class SourceStandingTest : public testing::Test {
 protected:
  void fail(Kind kind, std::optional<Duration> retry_after = std::nullopt) {
    standing_.fail({kind, "It failed.", retry_after}, now_);
  }
  // How long until it is usable again.
  Duration wait() { return std::chrono::duration_cast<Duration>(*standing_.usable_at() - now_); }

  MonotonicTime now_ = MonotonicTime{} + std::chrono::hours(1);
  SourceStanding standing_{RetryOptions{}};
};

TEST_F(SourceStandingTest, is_usable_at_first) {
  EXPECT_TRUE(standing_.is_usable(now_));
  EXPECT_TRUE(standing_.is_worth_a_wait(now_));
}

TEST_F(SourceStandingTest, is_out_once_it_cannot_give_the_blob) {
  for (auto kind : {Kind::absent, Kind::refused, Kind::contradicts}) {
    fail(kind);
    EXPECT_TRUE(standing_.is_out());
    EXPECT_FALSE(standing_.is_usable(now_ + std::chrono::hours(1)));
    EXPECT_FALSE(standing_.is_worth_a_wait(now_));
    standing_.readmit();
    EXPECT_TRUE(standing_.is_usable(now_));
  }
}

TEST_F(SourceStandingTest, stays_usable_for_the_whole_when_it_ignores_ranges) {
  fail(Kind::ignores_range);
  EXPECT_TRUE(standing_.only_whole());
  EXPECT_TRUE(standing_.is_usable(now_));
  fail(Kind::ignores_range);
  EXPECT_TRUE(standing_.is_out()) << "it was asked for the whole";
}

TEST_F(SourceStandingTest, is_left_alone_longer_each_time) {
  for (int expected : {500, 1'000, 2'000, 4'000, 8'000}) {
    fail(Kind::interrupted);
    EXPECT_EQ(wait(), Duration(expected));
    EXPECT_FALSE(standing_.is_usable(now_));
    EXPECT_TRUE(standing_.is_worth_a_wait(now_));
    now_ += wait();
    EXPECT_TRUE(standing_.is_usable(now_));
  }
  fail(Kind::stalled);
  EXPECT_FALSE(standing_.is_worth_a_wait(now_)) << "too often in a row";
  EXPECT_FALSE(standing_.is_out()) << "while others deliver it is tried all the same";
}

TEST_F(SourceStandingTest, begins_anew_with_what_comes) {
  for (int i = 0; i < 100; ++i) {
    fail(Kind::interrupted);
    EXPECT_EQ(wait(), Duration(500));
    now_ += wait();
    standing_.progress();
  }
}

TEST_F(SourceStandingTest, takes_failures_at_the_same_time_for_one) {
  for (int i = 0; i < 8; ++i) fail(Kind::interrupted);
  EXPECT_EQ(wait(), Duration(500));
}

TEST_F(SourceStandingTest, honours_what_the_source_asks_for) {
  fail(Kind::busy, Duration(5'000));
  EXPECT_EQ(wait(), Duration(5'000));
  EXPECT_TRUE(standing_.is_worth_a_wait(now_));
  fail(Kind::busy, Duration(60'000));
  EXPECT_EQ(wait(), Duration(60'000));
  EXPECT_FALSE(standing_.is_worth_a_wait(now_)) << "clients do not wait so long";
  EXPECT_TRUE(standing_.is_worth_a_wait(now_ + Duration(55'000)));
}

TEST_F(SourceStandingTest, is_not_pardoned_by_the_end_of_a_hold) {
  fail(Kind::interrupted);
  standing_.hold(std::nullopt);
  standing_.readmit();
  EXPECT_EQ(wait(), Duration(500));
}

TEST_F(SourceStandingTest, is_held_by_its_owner) {
  standing_.hold(std::nullopt);
  EXPECT_FALSE(standing_.is_usable(now_));
  EXPECT_EQ(standing_.usable_at(), std::nullopt);
  EXPECT_TRUE(standing_.is_worth_a_wait(now_));
  standing_.readmit();
  EXPECT_TRUE(standing_.is_usable(now_));
  standing_.hold(now_ + Duration(700));
  EXPECT_EQ(wait(), Duration(700));
}

}  // namespace
}  // namespace weir::upstream
