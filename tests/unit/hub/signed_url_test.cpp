// SPDX-License-Identifier: Apache-2.0
#include "hub/signed_url.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::hub {
namespace {

std::optional<int64_t> expiry_seconds(std::string_view target) {
  auto time = expiry_of(target);
  return time ? std::optional(unix_seconds(*time)) : std::nullopt;
}

// {"Statement":[{"Resource":"https://cdn.hf.co/a*?x>y","Condition":{"DateLessThan":{"AWS:EpochTime":1795247700}}}]}
const std::string kPolicy =
    "eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoiaHR0cHM6Ly9jZG4uaGYuY28vYSo~"
    "eD55IiwiQ29uZGl0aW9uIjp7IkRhdGVMZXNzVGhhbiI6eyJBV1M6RXBvY2hU"
    "aW1lIjoxNzk1MjQ3NzAwfX19XX0_";

TEST(ExpiryTest, is_read_from_each_shape) {
  EXPECT_EQ(expiry_seconds("/a?Expires=1795247700&Signature=s&Key-Pair-Id=K"), 1795247700);
  EXPECT_EQ(expiry_seconds("/a?Policy=" + kPolicy + "&Signature=s"), 1795247700);
  EXPECT_EQ(expiry_seconds("/a?X-Amz-Date=20261121T075500Z&X-Amz-Expires=3600&X-Amz-Signature=s"), 1795251300);
  EXPECT_EQ(expiry_seconds("/a?X-Goog-Date=20261121T075500Z&X-Goog-Expires=60"), 1795247760);
}

TEST(ExpiryTest, is_the_earliest_of_several) {
  EXPECT_EQ(expiry_seconds("/a?Expires=1795247701&Policy=" + kPolicy), 1795247700);
  EXPECT_EQ(expiry_seconds("/a?Expires=1795247699&Policy=" + kPolicy), 1795247699);
}

TEST(ExpiryTest, is_unknown_where_it_cannot_be_read) {
  for (std::string query :
       {"", "?", "?expires=1795247700", "?Expires=", "?Expires=soon", "?Expires=-1", "?Expires=99999999999999",
        "?Policy=", "?Policy=e30_", "?Policy=!!!", "?Policy=eyJTdGF0ZW1lbnQiOnt9fQ__", "?X-Amz-Expires=3600",
        "?X-Amz-Date=20261121T075500Z", "?X-Amz-Date=20261121T075500Z&X-Amz-Expires=99999999999999999",
        "?x=Expires=1795247700", "?se=2026-11-21T07%3A55%3A00Z"})
    EXPECT_EQ(expiry_seconds("/a" + query), std::nullopt) << query;
}

TEST(ObjectNameTest, leaves_the_query_off) {
  EXPECT_EQ(object_name("US.aws.cdn.hf.co", "/xet-bridge-us/6/Ab%20c?Expires=1&Signature=s"),
            (ObjectName{"us.aws.cdn.hf.co", "/xet-bridge-us/6/Ab%20c"}));
  EXPECT_EQ(object_name("cdn.hf.co.", "/a"), (ObjectName{"cdn.hf.co", "/a"}));
}

TEST(UrlHasherTest, tells_urls_apart_and_no_other_hasher_what_they_were) {
  UrlHasher hash;
  auto url = *http::parse_url("https://cdn.hf.co/a?Expires=1");
  EXPECT_EQ(hash(url), hash(*http::parse_url("https://CDN.hf.co:443/a?Expires=1")));
  EXPECT_NE(hash(url), hash(*http::parse_url("https://cdn.hf.co/a?Expires=2")));
  EXPECT_NE(hash(url), hash(*http::parse_url("https://us.cdn.hf.co/a?Expires=1")));
  EXPECT_NE(hash(url), UrlHasher()(url));
}

}  // namespace
}  // namespace weir::hub
