// SPDX-License-Identifier: Apache-2.0
#include "cas/scrub_state.h"

#include <gtest/gtest.h>

namespace weir::cas {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime kBegun{seconds(1'700'000'000)};
constexpr Duration kDay = hours(24);

TEST(ScrubState, is_read_as_it_was_written) {
  for (const auto& state : {ScrubState{kBegun, std::nullopt}, ScrubState{kBegun, sha256("x")}})
    EXPECT_EQ(parse_scrub_state(format_scrub_state(state)), state);
  EXPECT_EQ(format_scrub_state({kBegun, std::nullopt}), "begun 1700000000\n");
}

TEST(ScrubState, that_is_something_else_is_none) {
  auto good = format_scrub_state({kBegun, sha256("x")});
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_EQ(parse_scrub_state(good.substr(0, length)).has_value(), length == sizeof "begun 1700000000");
  for (const char* bad : {"begun -1\n", "begun 1x\n", "begun \n", "begun 99999999999\n", "after 1\n",
                          "begun 1\nafter x\n", "begun 1\nmore\n"})
    EXPECT_FALSE(parse_scrub_state(bad)) << bad;
  EXPECT_FALSE(parse_scrub_state(good + "more\n"));
}

TEST(ScrubState, says_when_the_next_round_begins) {
  ScrubState state{kBegun, std::nullopt};
  EXPECT_EQ(until_next_blob(state, kDay, kBegun), kDay);
  EXPECT_EQ(until_next_blob(state, kDay, kBegun + hours(23)), hours(1));
  EXPECT_EQ(until_next_blob(state, kDay, kBegun + hours(25)), Duration(0));
  EXPECT_EQ(until_next_blob(state, kDay, kBegun - hours(1000)), kDay) << "the clock was set back";
  state.after = sha256("x");
  EXPECT_EQ(until_next_blob(state, kDay, kBegun), Duration(0)) << "a round is under way";
}

}  // namespace
}  // namespace weir::cas
