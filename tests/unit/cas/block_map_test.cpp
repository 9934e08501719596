// SPDX-License-Identifier: Apache-2.0
#include "cas/block_map.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <vector>

namespace weir::cas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(BlockMapTest, holds_nothing_at_first) {
  BlockMap map(10);
  EXPECT_EQ(map.prefix(), 0U);
  EXPECT_FALSE(map.complete());
  EXPECT_THAT(map.ranges(), IsEmpty());
  EXPECT_EQ(map.held_from(3), 3U);
  EXPECT_THAT(map.missing({2, 7}), ElementsAre(ByteRange{2, 7}));
}

TEST(BlockMapTest, of_zero_bytes_is_complete) {
  BlockMap map(0);
  EXPECT_TRUE(map.complete());
  EXPECT_THAT(map.missing({0, 5}), IsEmpty());
}

struct AddCase {
  const char* name;
  std::vector<ByteRange> added;
  std::vector<ByteRange> expected;
};

class BlockMapAddTest : public testing::TestWithParam<AddCase> {};

TEST_P(BlockMapAddTest, keeps_runs_that_do_not_touch) {
  BlockMap map(100);
  for (auto range : GetParam().added) map.add(range);
  EXPECT_EQ(map.ranges(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(, BlockMapAddTest,
                         testing::Values(AddCase{"apart", {{10, 20}, {30, 40}}, {{10, 20}, {30, 40}}},
                                         AddCase{"in_any_order", {{30, 40}, {10, 20}}, {{10, 20}, {30, 40}}},
                                         AddCase{"touching_behind", {{10, 20}, {20, 30}}, {{10, 30}}},
                                         AddCase{"touching_before", {{20, 30}, {10, 20}}, {{10, 30}}},
                                         AddCase{"closing_a_gap", {{10, 20}, {30, 40}, {20, 30}}, {{10, 40}}},
                                         AddCase{"overlapping", {{10, 20}, {15, 35}, {30, 40}}, {{10, 40}}},
                                         AddCase{"inside", {{10, 40}, {20, 30}}, {{10, 40}}},
                                         AddCase{"around_several", {{10, 20}, {30, 40}, {50, 60}, {5, 55}}, {{5, 60}}},
                                         AddCase{"twice", {{10, 20}, {10, 20}}, {{10, 20}}},
                                         AddCase{"empty", {{10, 10}}, {}},
                                         AddCase{"up_to_the_end", {{90, 200}}, {{90, 100}}},
                                         AddCase{"beyond_the_end", {{100, 200}}, {}}),
                         [](const auto& test) { return test.param.name; });

// The same model, a bit for each byte.
class Bitmap {
 public:
  explicit Bitmap(uint64_t size) : bits_(size) {}
  uint64_t size() const { return bits_.size(); }
  void add(ByteRange range) {
    for (auto at = range.begin; at < std::min(range.end, size()); ++at) bits_[at] = true;
  }
  bool complete() const { return std::find(bits_.begin(), bits_.end(), false) == bits_.end(); }
  uint64_t held_from(uint64_t at) const {
    while (at < size() && bits_[at]) ++at;
    return at;
  }
  uint64_t missing_from(uint64_t at) const {
    while (at < size() && !bits_[at]) ++at;
    return at;
  }
  // The runs of bytes that are held, or that are not.
  std::vector<ByteRange> runs(bool held, ByteRange within) const {
    std::vector<ByteRange> runs;
    for (auto at = within.begin; at < std::min(within.end, size()); ++at) {
      if (bits_[at] != held) continue;
      if (runs.empty() || runs.back().end != at) runs.push_back({at, at});
      ++runs.back().end;
    }
    return runs;
  }

 private:
  std::vector<bool> bits_;
};

TEST(BlockMapTest, takes_bytes_away_again) {
  BlockMap map(100);
  map.add({10, 30});
  map.add({40, 60});
  EXPECT_EQ(map.remove({15, 15}), 0U);
  EXPECT_EQ(map.remove({30, 40}), 0U);
  EXPECT_EQ(map.remove({15, 20}), 5U);
  EXPECT_EQ(map.ranges(), (std::vector<ByteRange>{{10, 15}, {20, 30}, {40, 60}}));
  EXPECT_EQ(map.remove({25, 45}), 10U);
  EXPECT_EQ(map.ranges(), (std::vector<ByteRange>{{10, 15}, {20, 25}, {45, 60}}));
  EXPECT_EQ(map.remove({0, 200}), 25U);
  EXPECT_TRUE(map.ranges().empty());
}

class BlockMapModelTest : public testing::TestWithParam<unsigned> {};

TEST_P(BlockMapModelTest, says_what_a_bitmap_says) {
  constexpr uint64_t kSize = 80;
  std::mt19937 random(GetParam());
  auto up_to = [&](uint64_t most) { return std::uniform_int_distribution<uint64_t>(0, most)(random); };
  BlockMap map(kSize);
  Bitmap model(kSize);
  for (int step = 0; step < 400 && !model.complete(); ++step) {
    auto begin = up_to(kSize);
    ByteRange added{begin, begin + up_to(6)};
    map.add(added);
    model.add(added);
    ASSERT_EQ(map.ranges(), model.runs(true, {0, kSize}));
    ASSERT_EQ(map.prefix(), model.held_from(0));
    ASSERT_EQ(map.complete(), model.complete());
    for (uint64_t at = 0; at <= kSize; ++at) {
      ASSERT_EQ(map.held_from(at), model.held_from(at)) << at;
      ASSERT_EQ(map.missing_from(at), model.missing_from(at)) << at;
    }
    auto from = up_to(kSize);
    ByteRange within{from, from + up_to(kSize)};
    ASSERT_EQ(map.missing(within), model.runs(false, within)) << within.begin << " to " << within.end;
    ASSERT_EQ(map.held(within), model.runs(true, within)) << within.begin << " to " << within.end;
    ASSERT_EQ(map.empty(), map.ranges().empty());
  }
  EXPECT_TRUE(map.complete()) << "the steps did not fill it";
}

INSTANTIATE_TEST_SUITE_P(, BlockMapModelTest, testing::Range(0U, 20U));

}  // namespace
}  // namespace weir::cas
