// SPDX-License-Identifier: Apache-2.0
#include "upstream/rate_limits.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

constexpr uint64_t kNone = 0;

class RateLimitsTest : public testing::Test {
 protected:
  Duration wait(const Source& source, uint64_t its_rate, uint64_t rate) {
    return limits_.wait(source, its_rate, rate, now_);
  }

  MonotonicTime now_ = MonotonicTime{} + std::chrono::hours(1);
  Source first_{SourceOptions{}};
  Source second_{SourceOptions{}};
  RateLimits limits_;
};

TEST_F(RateLimitsTest, have_nobody_wait_without_a_rate) {
  limits_.take(first_, kNone, kNone, 1'000'000'000, now_);
  EXPECT_EQ(wait(first_, kNone, kNone), Duration(0));
}

TEST_F(RateLimitsTest, hold_for_each_source_and_for_all) {
  limits_.take(first_, 1000, kNone, 3000, now_);
  EXPECT_GE(wait(first_, 1000, kNone), Duration(2000));
  EXPECT_EQ(wait(second_, 1000, kNone), Duration(0));
  limits_.take(second_, kNone, 1000, 2000, now_);
  EXPECT_GE(wait(second_, kNone, 1000), Duration(1000));
  now_ += Duration(3000);
  EXPECT_EQ(wait(first_, 1000, 1000), Duration(0));
}

TEST_F(RateLimitsTest, change_at_once) {
  limits_.take(first_, 10, kNone, 1000, now_);
  EXPECT_GT(wait(first_, 10, kNone), Duration(60'000));
  EXPECT_EQ(wait(first_, kNone, kNone), Duration(0));
}

}  // namespace
}  // namespace weir::upstream
