// SPDX-License-Identifier: Apache-2.0
#include "upstream/redirect_trail.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

http::ResponseHead to(const std::string& location) {
  return {302, "Found", 1, {{"Location", location}}};
}

class RedirectTrailTest : public testing::Test {
 protected:
  RedirectTrail trail_{http::parse_url("https://cdn.hub.test/a/b?Signature=s").value(),
                       [](std::string_view host) { return host.ends_with("hub.test"); }};
};

TEST_F(RedirectTrailTest, leads_on) {
  EXPECT_TRUE(trail_.at_start());
  EXPECT_EQ(trail_.follow(to("/c?d=e")), std::nullopt);
  EXPECT_EQ(trail_.place().text(), "https://cdn.hub.test/c?d=e");
  EXPECT_EQ(trail_.follow(to("//other.hub.test/f")), std::nullopt);
  EXPECT_EQ(trail_.place().text(), "https://other.hub.test/f");
  EXPECT_FALSE(trail_.at_start());
}

TEST_F(RedirectTrailTest, ends_after_five_hops) {
  for (size_t hop = 0; hop < RedirectTrail::kMaxHops; ++hop) EXPECT_EQ(trail_.follow(to("/a")), std::nullopt);
  EXPECT_NE(trail_.follow(to("/a")), std::nullopt);
}

TEST_F(RedirectTrailTest, leads_nowhere_else) {
  for (const char* location :
       {"", "http://cdn.hub.test/a", "https://cdn.hub.test:444/a", "https://example.org/a", "https://127.0.0.1/a",
        "https://hub.test@example.org/", "https://u:p@cdn.hub.test/", "ftp://cdn.hub.test/", "https://cdn.hub.test/a b",
        "https://cdn.hub.test/\r\nSet-Cookie: a=b", "https://cdn.hub.test/\n", "javascript:0"}) {
    auto trouble = trail_.follow(to(location));
    EXPECT_NE(trouble, std::nullopt) << location;
    EXPECT_TRUE(trail_.at_start());
  }
}

TEST_F(RedirectTrailTest, does_not_choose_between_two_places) {
  auto head = to("/a");
  head.fields.add("Location", "/b");
  EXPECT_NE(trail_.follow(head), std::nullopt);
}

TEST(RedirectTrailOfSource, leads_anywhere_by_https_and_in_clear_nowhere_else) {
  RedirectTrail trail(http::parse_url("http://10.0.0.5:8080/blobs/a").value());
  EXPECT_EQ(trail.follow(to("http://10.0.0.5:8080/b")), std::nullopt);
  EXPECT_NE(trail.follow(to("http://10.0.0.5/b")), std::nullopt);
  EXPECT_NE(trail.follow(to("http://10.0.0.6:8080/b")), std::nullopt);
  EXPECT_EQ(trail.follow(to("https://files.example.org:8443/b")), std::nullopt);
  EXPECT_EQ(trail.place().text(), "https://files.example.org:8443/b");
  EXPECT_NE(trail.follow(to("http://10.0.0.5:8080/b")), std::nullopt) << "never back into clear";
}

TEST_F(RedirectTrailTest, tells_the_host_and_nothing_of_the_query) {
  auto trouble = trail_.follow(to("https://example.org/secret?Signature=t"));
  EXPECT_EQ(trouble, "it redirects to example.org, which is not intercepted");
}

}  // namespace
}  // namespace weir::upstream
