// SPDX-License-Identifier: Apache-2.0
#include "hub/issued_urls.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::hub {
namespace {

const WallTime kNow{std::chrono::seconds(1'795'000'000)};

http::Url url(int number, int64_t expires_in) {
  return *http::parse_url("https://cdn.hf.co/" + std::to_string(number) +
                          "?Expires=" + std::to_string(unix_seconds(kNow) + expires_in));
}

http::Url unsigned_url() {
  return *http::parse_url("https://cdn.hf.co/a?token=x");
}

IssuedUrl issued(uint8_t byte) {
  IssuedUrl each;
  each.digest.bytes[0] = byte;
  each.size = byte;
  return each;
}

TEST(IssuedUrlsTest, knows_the_very_url_until_it_expires) {
  IssuedUrls urls;
  urls.remember(url(1, 60), issued(1), kNow);
  EXPECT_EQ(urls.find(url(1, 60), kNow), issued(1));
  EXPECT_EQ(urls.find(url(1, 60), kNow + std::chrono::seconds(59)), issued(1));
  EXPECT_EQ(urls.find(url(1, 60), kNow + std::chrono::seconds(60)), std::nullopt);
}

TEST(IssuedUrlsTest, knows_no_other) {
  IssuedUrls urls;
  urls.remember(url(1, 60), issued(1), kNow);
  auto other_query = url(1, 61);
  auto longer = url(1, 60);
  longer.target += "&x=y";
  auto other_host = url(1, 60);
  other_host.host = "us.cdn.hf.co";
  auto without_query = *http::parse_url("https://cdn.hf.co/1");
  for (const auto& each : {other_query, longer, other_host, without_query, url(2, 60)})
    EXPECT_EQ(urls.find(each, kNow), std::nullopt) << each.text();
}

TEST(IssuedUrlsTest, leaves_to_the_cdn_what_has_no_known_end) {
  IssuedUrls urls;
  urls.remember(unsigned_url(), issued(1), kNow);
  urls.remember(url(2, 0), issued(2), kNow);
  EXPECT_EQ(urls.size(), 0u);
}

TEST(IssuedUrlsTest, believes_the_earlier_end) {
  IssuedUrls urls;
  urls.remember(unsigned_url(), issued(1), kNow, kNow + std::chrono::seconds(10));
  urls.remember(url(2, 60), issued(2), kNow, kNow + std::chrono::seconds(10));
  urls.remember(url(3, 5), issued(3), kNow, kNow + std::chrono::seconds(10));
  auto later = kNow + std::chrono::seconds(9);
  EXPECT_EQ(urls.find(unsigned_url(), later), issued(1));
  EXPECT_EQ(urls.find(url(2, 60), later), issued(2));
  EXPECT_EQ(urls.find(url(3, 5), later), std::nullopt);
  EXPECT_EQ(urls.find(url(2, 60), kNow + std::chrono::seconds(10)), std::nullopt);
}

TEST(IssuedUrlsTest, forgets_the_oldest_above_its_limit) {
  IssuedUrls urls(2);
  for (uint8_t i = 0; i < 3; ++i) urls.remember(url(i, 60), issued(i), kNow);
  EXPECT_EQ(urls.size(), 2u);
  EXPECT_EQ(urls.find(url(0, 60), kNow), std::nullopt);
  EXPECT_EQ(urls.find(url(1, 60), kNow), issued(1));
  EXPECT_EQ(urls.find(url(2, 60), kNow), issued(2));
}

TEST(IssuedUrlsTest, one_that_is_named_again_is_young_again) {
  IssuedUrls urls(2);
  urls.remember(url(0, 60), issued(0), kNow);
  urls.remember(url(1, 60), issued(1), kNow);
  urls.remember(url(0, 60), issued(9), kNow);
  urls.remember(url(2, 60), issued(2), kNow);
  EXPECT_EQ(urls.find(url(0, 60), kNow), issued(9));
  EXPECT_EQ(urls.find(url(1, 60), kNow), std::nullopt);
}

// A URL that is named over and over must not fill the memory either.
TEST(IssuedUrlsTest, naming_one_often_keeps_it) {
  IssuedUrls urls(2);
  urls.remember(url(1, 60), issued(1), kNow);
  for (int i = 0; i < 100; ++i) urls.remember(url(0, 60), issued(0), kNow);
  EXPECT_EQ(urls.find(url(0, 60), kNow), issued(0));
  EXPECT_LE(urls.size(), 2u);
}

TEST(IssuedUrlsTest, lets_go_of_the_grants_of_expired_ones) {
  IssuedUrls urls;
  auto grant = make_grant({{"Authorization", "Bearer a"}}, ResolveRequest{"https://huggingface.co/a/b/resolve/main/c"});
  std::weak_ptr<const Grant> watch = grant;
  urls.remember(url(1, 60), IssuedUrl{Sha256(), 1, std::move(grant)}, kNow);
  EXPECT_FALSE(watch.expired());
  urls.remember(url(2, 120), issued(2), kNow + std::chrono::seconds(60));
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace weir::hub
