// SPDX-License-Identifier: Apache-2.0
#include "upstream/lane_count.h"

#include <gtest/gtest.h>

#include <functional>

namespace weir::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint64_t kMB = 1'000'000;
constexpr uint64_t kMinSpeed = 3 * kMB;

// A source whose rate is a function of the number of its transfers.
class LaneCountTest : public testing::Test {
 protected:
  using RateOf = std::function<uint64_t(size_t lanes)>;

  void run(seconds time, const RateOf& rate_of) {
    for (auto end = now_ + time; now_ < end; now_ += milliseconds(10)) {
      count_.on_bytes(rate_of(count_.target()) / 100, now_);
      count_.look(count_.target(), count_.target(), now_);
      most_ = std::max(most_, count_.target());
    }
  }

  MonotonicTime now_{};
  LaneCount count_{16, kMinSpeed};
  size_t most_ = 1;
};

TEST_F(LaneCountTest, begins_with_one) {
  EXPECT_EQ(count_.target(), 1U);
  EXPECT_EQ(count_.next_look(), std::nullopt);
}

TEST_F(LaneCountTest, adds_while_the_total_grows) {
  run(seconds(8), [](size_t lanes) { return std::min<uint64_t>(lanes * 10, 100) * kMB; });
  EXPECT_EQ(count_.target(), 16U) << "8 give 80 MB/s, 16 give 100";
}

TEST_F(LaneCountTest, goes_back_when_the_total_does_not_grow) {
  run(seconds(8), [](size_t) { return 50 * kMB; });
  EXPECT_EQ(most_, 2U);
  EXPECT_EQ(count_.target(), 1U);
}

TEST_F(LaneCountTest, tries_again_later_and_less_and_less_often) {
  size_t steps_up = 0;
  for (int i = 0; i < 300; ++i) {
    auto before = count_.target();
    run(seconds(1), [](size_t) { return 50 * kMB; });
    if (count_.target() > before) ++steps_up;
  }
  EXPECT_GE(steps_up, 3U);
  EXPECT_LE(steps_up, 8U);
}

TEST_F(LaneCountTest, has_no_more_than_bring_the_least_speed_each) {
  run(seconds(8), [](size_t lanes) { return std::min<uint64_t>(lanes * 4, 14) * kMB; });
  EXPECT_EQ(count_.target(), 4U);
  run(seconds(8), [](size_t) { return 7 * kMB; });
  EXPECT_EQ(count_.target(), 2U);
  run(seconds(8), [](size_t) { return kMB / 10; });
  EXPECT_EQ(count_.target(), 1U) << "one may be as slow as it is";
}

TEST_F(LaneCountTest, never_adds_where_one_is_slower_than_the_least_speed) {
  run(seconds(30), [](size_t lanes) { return lanes * kMB; });
  EXPECT_EQ(most_, 1U);
}

TEST_F(LaneCountTest, never_goes_above_its_limit) {
  count_ = LaneCount(3, kMinSpeed);
  run(seconds(30), [](size_t lanes) { return lanes * 10 * kMB; });
  EXPECT_EQ(count_.target(), 3U);
  count_ = LaneCount(1, kMinSpeed);
  run(seconds(30), [](size_t lanes) { return lanes * 10 * kMB; });
  EXPECT_EQ(count_.target(), 1U);
}

TEST_F(LaneCountTest, takes_a_failure_beside_others_that_deliver_for_too_many) {
  run(seconds(8), [](size_t lanes) { return lanes * 10 * kMB; });
  ASSERT_EQ(count_.target(), 16U);
  count_.on_failed(4, now_);
  EXPECT_EQ(count_.target(), 4U);
  run(seconds(5), [](size_t lanes) { return lanes * 10 * kMB; });
  EXPECT_EQ(count_.target(), 4U) << "not tried again at once";
}

TEST_F(LaneCountTest, judges_nothing_while_transfers_are_missing) {
  for (int i = 0; i < 1000; ++i, now_ += milliseconds(10)) {
    count_.on_bytes(kMB, now_);
    count_.look(i % 50 == 0 ? 0 : 1, 1, now_);
  }
  EXPECT_EQ(count_.target(), 1U);
}

TEST_F(LaneCountTest, waits_until_all_transfers_deliver) {
  for (int i = 0; i < 1000; ++i, now_ += milliseconds(10)) count_.look(1, 0, now_);
  EXPECT_EQ(count_.next_look(), std::nullopt);
  count_.look(1, 1, now_);
  EXPECT_EQ(count_.next_look(), now_ + LaneCount::kSettle + LaneCount::kMeasure);
}

TEST_F(LaneCountTest, follows_a_limit_that_changes) {
  auto rate = [](size_t lanes) { return lanes * 10 * kMB; };
  count_.set_limit(2);
  run(seconds(5), rate);
  EXPECT_EQ(count_.target(), 2U);
  count_.set_limit(8);
  run(seconds(5), rate);
  EXPECT_EQ(count_.target(), 8U);
  count_.set_limit(1);
  EXPECT_EQ(count_.target(), 1U);
}

}  // namespace
}  // namespace weir::upstream
