// SPDX-License-Identifier: Apache-2.0
#include "http/cache_status.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(CacheStatus, says_what_became_of_the_request) {
  EXPECT_EQ(cache_status("Weir", CacheOutcome::hit), "Weir; hit");
  EXPECT_EQ(cache_status("Weir", CacheOutcome::collapsed), "Weir; fwd=miss; collapsed");
  EXPECT_EQ(cache_status("Weir", CacheOutcome::miss), "Weir; fwd=miss");
  EXPECT_EQ(cache_status("Weir", CacheOutcome::pass), "Weir; fwd=bypass");
}

TEST(CacheStatus, quotes_details_and_odd_names) {
  EXPECT_EQ(cache_status("Weir", CacheOutcome::pass, "over 50 GB"), R"(Weir; fwd=bypass; detail="over 50 GB")");
  EXPECT_EQ(cache_status("Weir", CacheOutcome::hit, "a\"b\\c\r\n\xff"), R"(Weir; hit; detail="a\"b\\c???")");
  EXPECT_EQ(cache_status("my cache", CacheOutcome::hit), R"("my cache"; hit)");
  EXPECT_EQ(cache_status("1a", CacheOutcome::hit), R"("1a"; hit)");
  EXPECT_EQ(cache_status("", CacheOutcome::hit), R"(""; hit)");
}

TEST(CacheOutcome, has_a_name) {
  EXPECT_EQ(name_of(CacheOutcome::hit), "hit");
  EXPECT_EQ(name_of(CacheOutcome::collapsed), "collapsed");
  EXPECT_EQ(name_of(CacheOutcome::miss), "miss");
  EXPECT_EQ(name_of(CacheOutcome::pass), "pass");
}

}  // namespace
}  // namespace weir::http
