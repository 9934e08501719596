// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace weir {
namespace {

TEST(RandomTest, gives_the_count_that_was_asked_for) {
  for (size_t count : {0, 1, 16, 4096}) EXPECT_EQ(random_bytes(count).size(), count);
}

TEST(RandomTest, does_not_repeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_bytes(16));
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace weir
