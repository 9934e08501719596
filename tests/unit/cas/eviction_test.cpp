// SPDX-License-Identifier: Apache-2.0
#include "cas/eviction.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <tuple>

namespace weir::cas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

Candidate file(const std::string& name, uint64_t bytes, uint64_t used, uint64_t stored) {
  return {sha256(name), bytes, used, stored};
}

const Candidate kOld = file("old", 10, 4, 1);
const Candidate kLarge = file("large", 50, 5, 2);
const Candidate kUnused = file("unused", 20, 3, 3);
const std::vector<Candidate> kFiles = {kLarge, kUnused, kOld};

TEST(ChooseVictimsTest, follows_the_order) {
  EXPECT_THAT(choose_victims(kFiles, EvictionOrder::lru, kMost), ElementsAre(kUnused, kOld, kLarge));
  EXPECT_THAT(choose_victims(kFiles, EvictionOrder::fifo, kMost), ElementsAre(kOld, kLarge, kUnused));
  EXPECT_THAT(choose_victims(kFiles, EvictionOrder::large_first, kMost), ElementsAre(kLarge, kUnused, kOld));
}

TEST(ChooseVictimsTest, takes_no_more_than_is_needed) {
  EXPECT_THAT(choose_victims(kFiles, EvictionOrder::lru, 0), IsEmpty());
  EXPECT_THAT(choose_victims(kFiles, EvictionOrder::lru, 20), ElementsAre(kUnused));
  EXPECT_THAT(choose_victims(kFiles, EvictionOrder::lru, 21), ElementsAre(kUnused, kOld));
  EXPECT_THAT(choose_victims({}, EvictionOrder::lru, 21), IsEmpty());
}

TEST(ChooseVictimsTest, is_the_same_each_time_among_equals) {
  auto a = file("a", 10, 7, 7);
  auto b = file("b", 10, 7, 7);
  for (auto order : {EvictionOrder::lru, EvictionOrder::fifo, EvictionOrder::large_first})
    EXPECT_EQ(choose_victims({a, b}, order, 10), choose_victims({b, a}, order, 10));
}

// Against the plain way: sort all.
TEST(ChooseVictimsTest, chooses_what_sorting_would) {
  std::mt19937 random(1);
  std::vector<Candidate> files;
  for (uint64_t i = 0; i < 500; ++i) files.push_back(file(std::to_string(i), 1 + random() % 9, random() % 400, i));
  auto sorted = files;
  std::sort(sorted.begin(), sorted.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.used, a.digest) < std::tie(b.used, b.digest);
  });
  auto victims = choose_victims(files, EvictionOrder::lru, 600);
  ASSERT_LT(victims.size(), sorted.size());
  sorted.resize(victims.size());
  EXPECT_EQ(victims, sorted);
}

struct Case {
  const char* name;
  SpaceLimits limits;
  SpaceState state;
  uint64_t wanted;
  uint64_t to_free;
};

class BytesToFreeTest : public testing::TestWithParam<Case> {};

TEST_P(BytesToFreeTest, says_how_much_has_to_go) {
  EXPECT_EQ(bytes_to_free(GetParam().limits, GetParam().state, GetParam().wanted), GetParam().to_free);
}

INSTANTIATE_TEST_SUITE_P(, BytesToFreeTest,
                         testing::Values(Case{"no_limit", {0, 0}, {1000, 1000, std::nullopt}, 1000, 0},
                                         Case{"the_disk_is_a_limit", {0, 0}, {1000, 20, 100}, 81, 1},    //
                                         Case{"just_fits", {100, 0}, {50, 20, 1000}, 30, 0},             //
                                         Case{"one_too_many", {100, 0}, {50, 20, 1000}, 31, 1},          //
                                         Case{"limit_was_lowered", {100, 0}, {150, 20, 1000}, 30, 100},  //
                                         Case{"free_space_just_left", {0, 40}, {0, 20, 100}, 40, 0},     //
                                         Case{"too_little_left", {0, 40}, {0, 20, 100}, 41, 1},          //
                                         Case{"less_than_that_already", {0, 40}, {0, 20, 30}, 5, 35},    //
                                         Case{"free_space_unknown", {0, 40}, {0, 20, std::nullopt}, 5, 0},
                                         Case{"the_harder_limit_counts", {100, 40}, {90, 0, 60}, 30, 20},
                                         Case{"the_harder_limit_counts_the_other_way", {100, 40}, {90, 0, 50}, 30, 20},
                                         Case{"large_numbers", {kMost, 0}, {kMost - 1, 1, 1000}, 7, 7}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace weir::cas
