// SPDX-License-Identifier: Apache-2.0
#include "cas/gc_schedule.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace weir::cas {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// In Berlin summer time began on 2026-03-29 (02:00 became 03:00) and ended on 2026-10-25 (03:00 became 02:00).
class GcScheduleTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    ::tzset();
  }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static WallTime utc(int month, int day, int hour, int minute = 0) {
    tm parts{};
    parts.tm_year = 126;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_hour = hour;
    parts.tm_min = minute;
    return WallTime(seconds(::timegm(&parts)));
  }
  // How often it is due when somebody looks each 10 minutes.
  int count(const std::vector<TimeOfDay>& times, WallTime from, WallTime to) {
    int due = 0;
    for (auto last = from; last < to; last += minutes(10)) due += is_due(times, last, last + minutes(10)) ? 1 : 0;
    return due;
  }
};

TEST_F(GcScheduleTest, is_due_at_its_local_time) {
  auto three = utc(1, 10, 2);  // 03:00 in winter
  EXPECT_TRUE(is_due({{3, 0}}, three - seconds(10), three));
  EXPECT_FALSE(is_due({{3, 0}}, three, three + seconds(10))) << "once";
  EXPECT_FALSE(is_due({{3, 0}}, three - seconds(20), three - seconds(10)));
  EXPECT_TRUE(is_due({{23, 50}, {3, 0}}, three - seconds(10), three));
  EXPECT_FALSE(is_due({}, three - hours(48), three));
}

TEST_F(GcScheduleTest, is_due_after_midnight_for_a_time_of_the_day_before) {
  auto midnight = utc(1, 9, 23);
  EXPECT_TRUE(is_due({{23, 59}}, midnight - minutes(2), midnight + minutes(2)));
}

TEST_F(GcScheduleTest, is_due_once_each_day_whatever_the_summer_time_does) {
  for (TimeOfDay time : {TimeOfDay{0, 30}, TimeOfDay{2, 0}, TimeOfDay{2, 30}, TimeOfDay{3, 0}, TimeOfDay{23, 0}}) {
    auto what = std::to_string(time.hour) + ":" + std::to_string(time.minute);
    EXPECT_EQ(count({time}, utc(3, 27, 23), utc(3, 30, 22)), 3) << what;
    EXPECT_EQ(count({time}, utc(10, 23, 22), utc(10, 26, 23)), 3) << what;
  }
}

TEST_F(GcScheduleTest, is_due_once_after_a_leap_and_not_when_the_clock_was_set_back) {
  auto now = utc(1, 10, 12);
  EXPECT_TRUE(is_due({{3, 0}}, now - hours(400 * 24), now));
  EXPECT_FALSE(is_due({{3, 0}}, now, now - hours(24)));
}

}  // namespace
}  // namespace weir::cas
