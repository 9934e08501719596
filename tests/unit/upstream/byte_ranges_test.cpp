// SPDX-License-Identifier: Apache-2.0
#include "upstream/byte_ranges.h"

#include <gmock/gmock.h>

namespace weir::upstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ByteRangesTest, widen_to_whole_blocks_within_the_blob) {
  EXPECT_EQ(whole_blocks({5, 6}, 10 * kBlockSize), (ByteRange{0, kBlockSize}));
  EXPECT_EQ(whole_blocks({kBlockSize, 2 * kBlockSize}, 10 * kBlockSize), (ByteRange{kBlockSize, 2 * kBlockSize}));
  EXPECT_EQ(whole_blocks({kBlockSize, kBlockSize + 7}, kBlockSize + 9), (ByteRange{kBlockSize, kBlockSize + 9}));
}

TEST(ByteRangesTest, lose_what_is_taken_out) {
  EXPECT_THAT(without({{0, 10}, {20, 30}}, {5, 25}), ElementsAre(ByteRange{0, 5}, ByteRange{25, 30}));
  EXPECT_THAT(without({{0, 10}}, {3, 4}), ElementsAre(ByteRange{0, 3}, ByteRange{4, 10}));
  EXPECT_THAT(without({{0, 10}}, {10, 20}), ElementsAre(ByteRange{0, 10}));
  EXPECT_THAT(without({{0, 10}}, {0, 10}), IsEmpty());
}

TEST(ByteRangesTest, have_common_parts) {
  EXPECT_THAT(common({{0, 10}, {20, 30}}, {{5, 22}, {29, 40}}),
              ElementsAre(ByteRange{5, 10}, ByteRange{20, 22}, ByteRange{29, 30}));
  EXPECT_THAT(common({{0, 10}}, {{10, 20}}), IsEmpty());
}

TEST(ByteRangesTest, have_a_size_together) {
  EXPECT_EQ(total_size({{0, 10}, {20, 25}}), 15U);
  EXPECT_EQ(total_size({}), 0U);
}

}  // namespace
}  // namespace weir::upstream
