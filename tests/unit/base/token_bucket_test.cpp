// SPDX-License-Identifier: Apache-2.0
#include "base/token_bucket.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::milliseconds;

TEST(TokenBucket, gives_a_second_s_worth_at_once_and_no_more) {
  MonotonicTime now{};
  TokenBucket bucket(1000, now);
  EXPECT_EQ(bucket.take(400, now), Duration(0));
  EXPECT_EQ(bucket.take(600, now), Duration(0));
  EXPECT_EQ(bucket.take(250, now), Duration(250));
  EXPECT_EQ(bucket.take(250, now), Duration(500)) << "what was taken in advance counts";
}

TEST(TokenBucket, fills_with_time_and_not_above_a_second_s_worth) {
  MonotonicTime now{};
  TokenBucket bucket(1000, now);
  EXPECT_EQ(bucket.take(1000, now), Duration(0));
  EXPECT_EQ(bucket.take(300, now + milliseconds(300)), Duration(0));
  EXPECT_EQ(bucket.take(1, now + milliseconds(300)), Duration(1));
  now += std::chrono::hours(1);
  EXPECT_EQ(bucket.take(1000, now), Duration(0));
  EXPECT_EQ(bucket.take(1000, now), Duration(1000));
}

TEST(TokenBucket, says_what_may_be_taken_and_when) {
  MonotonicTime now{};
  TokenBucket bucket(1000, now);
  EXPECT_EQ(bucket.available(now), 1000U);
  bucket.take(1500, now);
  EXPECT_EQ(bucket.available(now), 0U);
  EXPECT_EQ(bucket.wait(0, now), Duration(500));
  EXPECT_EQ(bucket.wait(250, now), Duration(750));
  now += bucket.wait(250, now);
  EXPECT_EQ(bucket.available(now), 250U);
  EXPECT_EQ(bucket.wait(250, now), Duration(0));
  EXPECT_EQ(bucket.available(now + std::chrono::hours(1)), 1000U);
}

TEST(TokenBucket, keeps_the_rate_over_a_long_time) {
  MonotonicTime begin{};
  auto now = begin;
  TokenBucket bucket(10 << 20, now);
  for (int i = 0; i < 1000; ++i) now += bucket.take(1 << 20, now);
  auto seconds = std::chrono::duration<double>(now - begin).count();
  EXPECT_NEAR(seconds, 99, 1.1) << "1000 MiB at 10 MiB/s, and a second's worth at the start";
}

}  // namespace
}  // namespace weir
