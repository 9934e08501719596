// SPDX-License-Identifier: Apache-2.0
#include "hub/bounded_map.h"

#include <gtest/gtest.h>

#include <functional>

namespace weir::hub {
namespace {

using Map = BoundedMap<int, char, std::hash<int>>;

TEST(BoundedMapTest, finds_what_was_put) {
  Map map(2);
  EXPECT_EQ(map.find(1), nullptr);
  map.put(1, 'a');
  ASSERT_NE(map.find(1), nullptr);
  EXPECT_EQ(*map.find(1), 'a');
}

TEST(BoundedMapTest, above_its_limit_the_first_goes_first) {
  Map map(2);
  map.put(1, 'a');
  map.put(2, 'b');
  map.put(1, 'c');
  EXPECT_EQ(*map.find(1), 'c');
  map.put(3, 'd');
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(*map.find(2), 'b');
  EXPECT_EQ(*map.find(3), 'd');
}

TEST(BoundedMapTest, a_limit_may_be_on_what_values_cost) {
  Map map(10);
  map.put(1, 'a', 6);
  map.put(2, 'b', 4);
  map.put(1, 'c', 3);
  map.put(3, 'd', 3);
  EXPECT_EQ(map.size(), 3u);
  map.put(4, 'e', 7);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(map.find(2), nullptr);
  EXPECT_NE(map.find(3), nullptr);
  map.put(5, 'f', 11);
  EXPECT_EQ(map.size(), 0u);
}

TEST(BoundedMapTest, a_limit_of_zero_keeps_nothing) {
  Map map(0);
  map.put(1, 'a');
  EXPECT_EQ(map.size(), 0u);
}

}  // namespace
}  // namespace weir::hub
