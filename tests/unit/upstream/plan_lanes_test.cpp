// SPDX-License-Identifier: Apache-2.0
#include "upstream/plan_lanes.h"

#include <gmock/gmock.h>

namespace weir::upstream {
namespace {

using testing::ElementsAre;

constexpr uint64_t kMB = 1'000'000;

TEST(SplitPointTest, has_both_finish_at_the_same_time) {
  auto cut = split_point({0, 80 * kMB}, 10e6, 30e6);
  ASSERT_TRUE(cut);
  auto one = static_cast<double>(*cut) / 10e6;
  auto other = 0.2 + static_cast<double>(80 * kMB - *cut) / 30e6;
  EXPECT_NEAR(one, other, 0.02);
}

TEST(SplitPointTest, takes_a_source_that_is_not_known_for_as_fast) {
  EXPECT_EQ(split_point({0, 80 * kMB}, 10e6, std::nullopt), split_point({0, 80 * kMB}, 10e6, 10e6));
}

TEST(SplitPointTest, takes_all_from_one_that_brings_nothing) {
  EXPECT_EQ(split_point({5, 100}, 0, 10e6), 5U);
}

TEST(SplitPointTest, is_none_where_it_would_not_pay) {
  EXPECT_EQ(split_point({0, 8 * kMB}, 50e6, 50e6), std::nullopt) << "it is done before another has begun";
  EXPECT_EQ(split_point({0, 8 * kMB}, 10e6, 0.01e6), std::nullopt) << "the other is too slow";
  EXPECT_EQ(split_point({0, 8 * kMB}, 0, 0), std::nullopt) << "neither brings anything";
}

TEST(PlanLanesTest, know_what_is_not_on_its_way) {
  PlanLanes lanes;
  lanes.add({1, 0, {10, 20}, {}, {}});
  lanes.add({2, 0, {30, 40}, {}, {}});
  EXPECT_THAT(lanes.uncovered({{0, 35}}), ElementsAre(ByteRange{0, 10}, ByteRange{20, 30}));
  lanes.find(1)->take(10, {});
  lanes.remove(2);
  EXPECT_THAT(lanes.uncovered({{0, 35}}), ElementsAre(ByteRange{0, 35}));
  EXPECT_EQ(lanes.find(2), nullptr);
}

TEST(PlanLanesTest, know_how_fast_one_is) {
  MonotonicTime now{};
  PlanLane lane;
  lane.left = {0, 100 * kMB};
  EXPECT_EQ(lane.rate(now + std::chrono::hours(1)), std::nullopt) << "it has not started";
  lane.heard = now;
  EXPECT_EQ(lane.rate(now + Duration(500)), std::nullopt);
  EXPECT_EQ(lane.rate(now + Duration(1'000)), 0) << "it is silent from the start";
  for (int i = 0; i < 100; ++i) lane.take(kMB / 100, now += Duration(10));
  EXPECT_NEAR(*lane.rate(now), 1e6, 2e4);
  lane.paused = now;
  EXPECT_NEAR(*lane.rate(now + Duration(60'000)), 1e6, 2e4) << "a pause is not its fault";
}

}  // namespace
}  // namespace weir::upstream
