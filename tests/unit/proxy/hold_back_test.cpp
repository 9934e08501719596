// SPDX-License-Identifier: Apache-2.0
#include "proxy/hold_back.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

namespace weir::proxy {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kSize = 64 * kMiB;

struct Case {
  const char* name;
  Asked asked;
  ByteRange range;
  uint64_t size;
  uint64_t kept;  // so many bytes of the end wait for the digest, when all is there
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

std::string case_name(const testing::TestParamInfo<Case>& tested) {
  return tested.param.name;
}

class HoldBackTest : public testing::TestWithParam<Case> {
 protected:
  static HoldBack tested() { return {GetParam().asked, GetParam().range, GetParam().size}; }
};

TEST_P(HoldBackTest, keeps_the_end_until_the_file_is_verified) {
  auto end = GetParam().range.end;
  EXPECT_EQ(tested().limit(GetParam().size, false), end - GetParam().kept);
  EXPECT_EQ(tested().holds(GetParam().size, false), GetParam().kept > 0);
  EXPECT_EQ(tested().limit(GetParam().size, true), end);
  EXPECT_FALSE(tested().holds(GetParam().size, true));
}

// However much is readable: never beyond it, and never beyond what the whole file would allow.
TEST_P(HoldBackTest, follows_a_growing_file) {
  auto [begin, end] = GetParam().range;
  for (uint64_t readable : {begin, begin + 1, (begin + end) / 2, end - 1, end, GetParam().size}) {
    auto allowed = std::min(readable, end - GetParam().kept);
    EXPECT_EQ(tested().limit(readable, false), allowed) << readable;
    EXPECT_EQ(tested().holds(readable, false), allowed < std::min(readable, end)) << readable;
    EXPECT_EQ(tested().limit(readable, true), std::min(readable, end)) << readable;
  }
}

TEST_P(HoldBackTest, drips_all_but_the_last_byte) {
  auto held = tested();
  auto end = GetParam().range.end;
  auto before = held.limit(GetParam().size, false);
  for (uint64_t drop = 0; drop < GetParam().kept + 3; ++drop) {
    held.drip();
    auto limit = held.limit(GetParam().size, false);
    ASSERT_LE(limit, before + 1);
    ASSERT_LE(limit, GetParam().kept > 0 ? end - 1 : end);
    before = limit;
  }
  EXPECT_EQ(before, GetParam().kept > 0 ? end - 1 : end);
  EXPECT_EQ(held.holds(GetParam().size, false), GetParam().kept > 0);
}

// A drop that was let go before the bytes were there does not run ahead of them.
TEST_P(HoldBackTest, never_drips_what_is_not_there) {
  auto held = tested();
  auto begin = GetParam().range.begin;
  for (int drop = 0; drop < 5; ++drop) held.drip();
  EXPECT_LE(held.limit(begin, false), begin);
}

INSTANTIATE_TEST_SUITE_P(
    , HoldBackTest,
    testing::Values(
        Case{"whole", Asked::whole, {0, kSize}, kSize, kHeldBack},
        Case{"open_from_the_start", Asked::open, {0, kSize}, kSize, kHeldBack},
        Case{"open_from_the_middle", Asked::open, {10 * kMiB, kSize}, kSize, kHeldBack},
        Case{"open_of_64_kib_and_a_byte", Asked::open, {kSize - kHeldBack - 1, kSize}, kSize, kHeldBack},
        Case{"open_of_64_kib", Asked::open, {kSize - kHeldBack, kSize}, kSize, kHeldBack - 1},
        Case{"open_of_less", Asked::open, {kSize - 1000, kSize}, kSize, 999},
        Case{"open_of_two_bytes", Asked::open, {kSize - 2, kSize}, kSize, 1},
        Case{"open_of_one_byte", Asked::open, {kSize - 1, kSize}, kSize, 1},
        Case{"whole_of_64_kib_and_a_byte", Asked::whole, {0, kHeldBack + 1}, kHeldBack + 1, kHeldBack},
        Case{"whole_of_64_kib", Asked::whole, {0, kHeldBack}, kHeldBack, kHeldBack - 1},
        Case{"whole_of_less", Asked::whole, {0, 300}, 300, 299}, Case{"whole_of_two_bytes", Asked::whole, {0, 2}, 2, 1},
        Case{"whole_of_one_byte", Asked::whole, {0, 1}, 1, 1},
        Case{"closed_at_the_start", Asked::closed, {0, 1}, kSize, 0},
        Case{"closed_and_large", Asked::closed, {0, kSize - 1}, kSize, 0},
        Case{"closed_tail", Asked::closed, {kSize - 8, kSize}, kSize, 0},
        Case{"closed_tail_below_16_mib", Asked::closed, {kSize - kGuardedRange + 1, kSize}, kSize, 0},
        Case{"closed_tail_of_16_mib", Asked::closed, {kSize - kGuardedRange, kSize}, kSize, kHeldBack},
        Case{"closed_to_all_of_a_large_file", Asked::closed, {0, kSize}, kSize, kHeldBack},
        Case{"closed_of_16_mib_before_the_end", Asked::closed, {kSize - kGuardedRange - 1, kSize - 1}, kSize, 0},
        Case{"closed_to_all_of_a_small_file", Asked::closed, {0, 300}, 300, 0}),
    case_name);

TEST(HoldBackNumbers, an_empty_file_holds_nothing) {
  HoldBack held(Asked::whole, {0, 0}, 0);
  EXPECT_EQ(held.limit(0, false), 0U);
  EXPECT_FALSE(held.holds(0, false));
}

TEST(HoldBackNumbers, the_numbers_are_those_that_clients_were_tried_with) {
  EXPECT_EQ(kHeldBack, 65'536U);
  EXPECT_EQ(kGuardedRange, 16 * kMiB);
  EXPECT_EQ(kDripInterval, Duration(4'000));
}

}  // namespace
}  // namespace weir::proxy
