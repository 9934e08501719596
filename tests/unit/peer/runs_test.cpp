// SPDX-License-Identifier: Apache-2.0
#include "peer/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::peer {
namespace {

using testing::ElementsAre;
using testing::Optional;

using Runs = std::vector<ByteRange>;

TEST(Runs, are_written_and_read) {
  EXPECT_EQ(format_runs({}), "");
  EXPECT_EQ(format_runs({{0, 1048576}, {2097152, 3145728}}), "0-1048575, 2097152-3145727");
  EXPECT_THAT(parse_runs("0-1048575, 2097152-3145727", 3145728),
              Optional(ElementsAre(ByteRange{0, 1048576}, ByteRange{2097152, 3145728})));
  EXPECT_THAT(parse_runs("0-0,2-2", 3), Optional(ElementsAre(ByteRange{0, 1}, ByteRange{2, 3})));
  EXPECT_THAT(parse_runs("", 0), Optional(Runs{}));
  EXPECT_EQ(format_runs({{0, 0}, {5, 6}}), "5-5");
}

TEST(Runs, are_believed_only_when_they_make_sense) {
  for (auto text : {"0", "0-", "-1", "1-0", "0-100", "5-9,0-3", "0-3,4-5", "0-3,2-5", "0-3,", ",0-3", "0-3,,5-6", "a-b",
                    "0-18446744073709551615", "0-18446744073709551616", "+0-3", "0-3;5-6", "0-3,  5-6"})
    EXPECT_EQ(parse_runs(text, 100), std::nullopt) << text;
}

TEST(Runs, are_bounded_and_the_longest_stay) {
  Runs many;
  for (uint64_t i = 0; i < 2 * kMostRuns; ++i) many.push_back({i * 100, i * 100 + (i % 2 ? 50u : 10u)});
  auto text = format_runs(many);
  auto read = parse_runs(text, 1'000'000);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), kMostRuns);
  for (auto run : *read) EXPECT_EQ(run.size(), 50u);
  EXPECT_EQ(parse_runs(text + ", 999998-999999", 1'000'000), std::nullopt);
}

TEST(Runs, cover_what_lies_in_one_of_them) {
  Runs runs{{0, 10}, {20, 30}};
  EXPECT_TRUE(covers(runs, {0, 10}));
  EXPECT_TRUE(covers(runs, {25, 26}));
  for (auto range : {ByteRange{0, 11}, ByteRange{9, 21}, ByteRange{10, 12}, ByteRange{30, 31}})
    EXPECT_FALSE(covers(runs, range));
}

}  // namespace
}  // namespace weir::peer
