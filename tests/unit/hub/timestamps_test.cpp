// SPDX-License-Identifier: Apache-2.0
#include "hub/timestamps.h"

#include <gtest/gtest.h>

#include <limits>

namespace weir::hub {
namespace {

std::optional<int64_t> seconds(std::optional<WallTime> time) {
  return time ? std::optional(unix_seconds(*time)) : std::nullopt;
}

TEST(TimestampsTest, seconds_are_taken_while_they_are_plausible) {
  EXPECT_EQ(seconds(time_of_seconds(0)), 0);
  EXPECT_EQ(seconds(time_of_seconds(1795247700)), 1795247700);
  EXPECT_EQ(time_of_seconds(9'000'000'001), std::nullopt);
  EXPECT_EQ(time_of_seconds(std::numeric_limits<uint64_t>::max()), std::nullopt);
}

TEST(TimestampsTest, reads_the_basic_form) {
  EXPECT_EQ(seconds(parse_basic_time("20261121T075500Z")), 1795247700);
  EXPECT_EQ(seconds(parse_basic_time("20000229T235960Z")), 951868800);
  EXPECT_EQ(seconds(parse_basic_time("19700101T000000Z")), 0);
  for (auto text : {"", "20261121T075500", "2026-11-21T07:55:00Z", "20261321T075500Z", "20260230T075500Z",
                    "20261121T245500Z", "20261121T076000Z", "20261121T075561Z", "19691231T235959Z", "99991231T235959Z",
                    "2026112 T075500Z", "20261121T075500ZZ"})
    EXPECT_EQ(parse_basic_time(text), std::nullopt) << text;
}

TEST(TimestampsTest, reads_rfc_3339) {
  for (auto text : {"2026-11-21T07:55:00Z", "2026-11-21T07:55:00z", "2026-11-21T07:55:00.123456Z",
                    "2026-11-21T08:55:00+01:00", "2026-11-21T02:25:00.5-05:30"})
    EXPECT_EQ(seconds(parse_rfc3339_time(text)), 1795247700) << text;
  for (auto text : {"", "2026-11-21", "2026-11-21T07:55:00", "2026-11-21 07:55:00Z", "2026-11-21T07:55:00+0100",
                    "2026-11-21T07:55:00+1", "2026-11-21T07:55:00Zx", "2026-02-30T07:55:00Z"})
    EXPECT_EQ(parse_rfc3339_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace weir::hub
