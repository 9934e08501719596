// SPDX-License-Identifier: Apache-2.0
#include "hub/xet.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::hub {
namespace {

TEST(StripXetTest, takes_the_signs_and_leaves_the_rest) {
  http::Fields answer = {
      {"x-xet-hash", "ab"},
      {"X-Repo-Commit", "c"},
      {"X-Xet-Refresh-Route", "/api/models/a/xet-read-token/c"},
      {"Link", R"(<https://huggingface.co/t>; rel="xet-auth", <https://huggingface.co/n?a=1,2>; rel="next")"},
      {"Link", R"(<https://cas-server.xethub.hf.co/v1/reconstructions/ab>; rel="xet-reconstruction-info")"},
  };
  strip_xet(answer);
  EXPECT_EQ(answer.size(), 2u);
  EXPECT_EQ(answer.get("X-Repo-Commit"), "c");
  EXPECT_EQ(answer.get("Link"), R"(<https://huggingface.co/n?a=1,2>; rel="next")");
}

TEST(StripXetTest, leaves_an_answer_without_signs_as_it_is) {
  http::Fields answer = {{"Link", R"(<https://huggingface.co/n>;rel=next)"}, {"X-Xet-Hashes", "a"}, {"ETag", "\"b\""}};
  auto before = answer;
  strip_xet(answer);
  EXPECT_EQ(answer, before);
}

struct AcceptCase {
  std::string_view before;
  std::string_view after;
};

TEST(StripXetAcceptTest, takes_the_media_type_out) {
  const AcceptCase cases[] = {
      {"application/vnd.xet-fileinfo+json, */*", "*/*"},
      {"application/vnd.xet-fileinfo+json", "*/*"},
      {"Application/VND.Xet-FileInfo+JSON;q=0.9", "*/*"},
      {"text/html, application/vnd.xet-fileinfo+json ; q=1, application/json;q=0.5",
       "text/html, application/json;q=0.5"},
      {"text/html, ,application/vnd.xet-fileinfo+json", "text/html"},
      {"*/*", "*/*"},
      {"text/html,application/json", "text/html,application/json"},
      {"application/vnd.xet-fileinfo+jsonp, a/b", "application/vnd.xet-fileinfo+jsonp, a/b"},
      {R"(text/x;a="application/vnd.xet-fileinfo+json, b")", R"(text/x;a="application/vnd.xet-fileinfo+json, b")"},
  };
  for (const auto& each : cases) {
    http::Fields request = {{"accept", std::string(each.before)}};
    strip_xet_accept(request);
    EXPECT_EQ(request.get("Accept"), each.after) << each.before;
  }
}

TEST(StripXetAcceptTest, sees_all_lines) {
  http::Fields request = {{"Accept", "text/html"}, {"Accept", "application/vnd.xet-fileinfo+json"}};
  strip_xet_accept(request);
  EXPECT_EQ(request, (http::Fields{{"Accept", "text/html"}}));
}

TEST(StripXetAcceptTest, adds_none_where_there_is_none) {
  http::Fields request = {{"Host", "huggingface.co"}};
  strip_xet_accept(request);
  EXPECT_EQ(request.size(), 1u);
}

}  // namespace
}  // namespace weir::hub
