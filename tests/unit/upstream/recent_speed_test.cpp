// SPDX-License-Identifier: Apache-2.0
#include "upstream/recent_speed.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

MonotonicTime at(int64_t seconds) {
  return MonotonicTime(std::chrono::seconds(1'000'000 + seconds));
}

TEST(RecentSpeedTest, nothing_came) {
  EXPECT_EQ(RecentSpeed().at(at(0)), 0U);
}

TEST(RecentSpeedTest, seconds_without_bytes_do_not_count) {
  RecentSpeed speed;
  speed.add(300, at(0));
  speed.add(700, at(0));
  speed.add(3000, at(10));
  EXPECT_EQ(speed.at(at(10)), 2000U);
  EXPECT_EQ(speed.at(at(30)), 2000U);
}

TEST(RecentSpeedTest, what_is_older_than_a_minute_is_forgotten) {
  RecentSpeed speed;
  speed.add(1000, at(0));
  speed.add(5000, at(30));
  EXPECT_EQ(speed.at(at(59)), 3000U);
  EXPECT_EQ(speed.at(at(60)), 5000U);
  EXPECT_EQ(speed.at(at(90)), 0U);
  speed.add(200, at(90));
  EXPECT_EQ(speed.at(at(90)), 200U);
}

}  // namespace
}  // namespace weir::upstream
