// SPDX-License-Identifier: Apache-2.0
// A CDN that sends a fetch on, properly or in circles.
#include <gmock/gmock.h>

#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class FetchRedirects : public FetchFixture {
 protected:
  static Reply redirect(const std::string& location, int code = 302) {
    return status(code, "Location: " + location + "\r\n");
  }
  static std::string line_of(const std::string& head) { return head.substr(0, head.find("\r\n")); }

  std::string bytes_ = some_bytes((1 << 20) + 5);
};

class Redirect : public FetchRedirects, public testing::WithParamInterface<int> {};

TEST_P(Redirect, is_followed_without_what_the_first_place_was_told) {
  cdn(redirect("https://other.hub.test/moved?Signature=second", GetParam()));
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
  ASSERT_THAT(cdn_requests(), SizeIs(2));
  auto asked = cdn_requests()[1];
  EXPECT_EQ(line_of(asked), "GET /moved?Signature=second HTTP/1.1");
  EXPECT_EQ(field_of(asked, "Host"), "other.hub.test");
  EXPECT_EQ(field_of(asked, "Authorization"), "");
  EXPECT_EQ(field_of(asked, "Referer"), "");
  EXPECT_THAT(asked, testing::Not(HasSubstr("first")));
}

INSTANTIATE_TEST_SUITE_P(, Redirect, testing::Values(301, 302, 303, 307, 308), testing::PrintToStringParamName());

TEST_F(FetchRedirects, may_be_five_and_relative) {
  for (int hop = 1; hop <= 5; ++hop) cdn(redirect("/hop" + std::to_string(hop)));
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(line_of(cdn_requests()[5]), "GET /hop5 HTTP/1.1");
}

TEST_F(FetchRedirects, in_a_circle_end_the_fetch) {
  cdn_always(redirect("/again?Signature=loop"));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->failed());
  EXPECT_EQ(client->progress->failure().status, 502);
  EXPECT_THAT(client->progress->failure().message, HasSubstr("more than 5 times"));
  EXPECT_THAT(client->progress->failure().message, testing::Not(HasSubstr("Signature")));
  EXPECT_THAT(cdn_requests(), SizeIs(6));
}

TEST_F(FetchRedirects, are_followed_anew_from_the_source_after_a_cut) {
  cdn(redirect("https://other.hub.test/moved?Signature=second"));
  cdn(cut_file(bytes_, 1000));
  cdn(redirect("https://third.hub.test/moved?Signature=third"));
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  ASSERT_THAT(cdn_requests(), SizeIs(4));
  EXPECT_THAT(line_of(cdn_requests()[2]), HasSubstr("Signature=first"));
  EXPECT_EQ(field_of(cdn_requests()[3], "Range"), "bytes=1000-");
}

TEST_F(FetchRedirects, to_a_place_that_refuses_mean_a_fresh_url_of_the_source) {
  cdn(redirect("https://other.hub.test/moved?Signature=second"));
  cdn(status(403));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->failed());
  EXPECT_THAT(client->progress->failure().message, HasSubstr("expired"));
}

}  // namespace
}  // namespace weir::upstream
