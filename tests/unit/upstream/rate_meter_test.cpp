// SPDX-License-Identifier: Apache-2.0
#include "upstream/rate_meter.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

using std::chrono::milliseconds;

class RateMeterTest : public testing::Test {
 protected:
  void feed(milliseconds time, uint64_t bytes_a_millisecond) {
    for (auto end = now_ + time; now_ < end;) meter_.add(bytes_a_millisecond, now_ += milliseconds(1));
  }

  MonotonicTime now_{};
  RateMeter meter_{now_};
};

TEST_F(RateMeterTest, knows_nothing_at_first) {
  feed(milliseconds(100), 1000);
  EXPECT_FALSE(meter_.knows(now_));
  EXPECT_EQ(meter_.rate(now_), 0);
}

TEST_F(RateMeterTest, is_right_while_it_is_young) {
  feed(milliseconds(300), 1000);
  EXPECT_TRUE(meter_.knows(now_));
  EXPECT_NEAR(meter_.rate(now_), 1e6, 1e4);
}

TEST_F(RateMeterTest, follows_a_change_within_seconds) {
  feed(milliseconds(5'000), 1000);
  feed(milliseconds(4'000), 100);
  EXPECT_NEAR(meter_.rate(now_), 1.2e5, 3e4);
}

TEST_F(RateMeterTest, falls_when_nothing_comes) {
  feed(milliseconds(5'000), 1000);
  EXPECT_LT(meter_.rate(now_ + milliseconds(10'000)), 100);
}

}  // namespace
}  // namespace weir::upstream
