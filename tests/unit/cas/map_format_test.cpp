// SPDX-License-Identifier: Apache-2.0
#include "cas/map_format.h"

#include <gtest/gtest.h>

#include "tests/unit/cas/old_map.h"

namespace weir::cas {
namespace {

std::string range(char begin, char end) {
  return std::string{begin, 0, 0, 0, 0, 0, 0, 0, end, 0, 0, 0, 0, 0, 0, 0};
}
std::string run(char begin, char end, char trust = 1) {
  return range(begin, end) + trust;
}

TEST(MapFormatTest, is_as_documented) {
  EXPECT_EQ(encode_map({}), checked("weirmap2"));
  EXPECT_EQ(encode_map({{1, 2}, {5, 7, Trust::untrusted}}), checked("weirmap2" + run(1, 2) + run(5, 7, 0)));
  EXPECT_EQ(encode_map({{0, 0x0102030405060708}}).substr(16, 8), "\x08\x07\x06\x05\x04\x03\x02\x01");
}

TEST(MapFormatTest, gives_back_what_was_put_in) {
  for (const auto& runs : {Runs{}, Runs{{0, 1}}, Runs{{3, 9}, {10, UINT64_MAX}},
                           Runs{{0, 3, Trust::untrusted}, {3, 9}, {9, 10, Trust::untrusted}}})
    EXPECT_EQ(decode_map(encode_map(runs)), runs);
}

TEST(MapFormatTest, trusts_what_the_first_version_says) {
  EXPECT_EQ(decode_map(encode_first_map({})), Runs{});
  EXPECT_EQ(decode_map(encode_first_map({{1, 2}, {5, 7}})), (Runs{{1, 2}, {5, 7}}));
}

TEST(MapFormatTest, believes_nothing_that_was_cut_or_is_longer) {
  auto whole = encode_map({{1, 2}, {5, 7}, {9, 12}});
  for (size_t cut = 0; cut < whole.size(); ++cut) ASSERT_EQ(decode_map(whole.substr(0, cut)), std::nullopt) << cut;
  for (size_t more : {1U, 16U, 32U}) EXPECT_EQ(decode_map(whole + std::string(more, '\0')), std::nullopt) << more;
}

TEST(MapFormatTest, believes_nothing_that_was_changed) {
  auto whole = encode_map({{1, 2}, {5, 7}});
  for (size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    ASSERT_EQ(decode_map(damaged), std::nullopt) << at;
  }
}

struct BadBody {
  const char* name;
  std::string bytes;
};

class BadBodyTest : public testing::TestWithParam<BadBody> {};

TEST_P(BadBodyTest, is_refused_though_its_checksum_is_right) {
  EXPECT_EQ(decode_map(checked(GetParam().bytes)), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    , BadBodyTest,
    testing::Values(BadBody{"another_version", "weirmap3" + run(1, 2)}, BadBody{"no_version", run(1, 2)},
                    BadBody{"half_a_run", "weirmap2" + run(1, 2).substr(8)},
                    BadBody{"an_empty_run", "weirmap2" + run(2, 2)}, BadBody{"a_run_backwards", "weirmap2" + run(3, 2)},
                    BadBody{"trusted_runs_that_touch", "weirmap2" + run(1, 2) + run(2, 3)},
                    BadBody{"untrusted_runs_that_touch", "weirmap2" + run(1, 2, 0) + run(2, 3, 0)},
                    BadBody{"runs_that_overlap", "weirmap2" + run(1, 5) + run(2, 7, 0)},
                    BadBody{"runs_in_another_order", "weirmap2" + run(5, 7) + run(1, 2)},
                    BadBody{"a_trust_that_nobody_knows", "weirmap2" + run(1, 2, 2)},
                    BadBody{"a_run_of_version_1", "weirmap2" + range(1, 2)},
                    BadBody{"trust_in_version_1", "weirmap1" + run(1, 2)},
                    BadBody{"runs_of_version_1_that_touch", "weirmap1" + range(1, 2) + range(2, 3)}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace weir::cas
