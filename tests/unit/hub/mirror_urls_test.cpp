// SPDX-License-Identifier: Apache-2.0
#include "hub/mirror_urls.h"

#include <gmock/gmock.h>

namespace weir::hub {
namespace {

using testing::Optional;

MirrorUrls urls() {
  auto serves = [](std::string_view host) { return host == "us.aws.cdn.hf.co" || host == "hf.co"; };
  return {"http://weir:9347", "huggingface.co", serves};
}

TEST(MirrorUrlsTest, the_hub_stands_at_the_root_and_its_other_hosts_below) {
  auto mirror = urls();
  EXPECT_THAT(mirror.at_mirror("https://huggingface.co/api/x?cursor=a%2Fb"),
              Optional(std::string("http://weir:9347/api/x?cursor=a%2Fb")));
  EXPECT_THAT(mirror.at_mirror("https://HuggingFace.co:443"), Optional(std::string("http://weir:9347/")));
  EXPECT_THAT(mirror.at_mirror("https://us.aws.cdn.hf.co/a%20b?Signature=x~y"),
              Optional(std::string("http://weir:9347/-/cdn/us.aws.cdn.hf.co/a%20b?Signature=x~y")));
}

TEST(MirrorUrlsTest, what_is_not_served_stays) {
  auto mirror = urls();
  for (auto url : {"https://example.org/x", "http://huggingface.co/x", "https://huggingface.co:8443/x", "/api/x", "",
                   "https://127.0.0.1/x", "https://u@huggingface.co/x", "ssh://hf.co/x"})
    EXPECT_EQ(mirror.at_mirror(url), std::nullopt) << url;
}

TEST(MirrorUrlsTest, what_is_written_is_read_again) {
  EXPECT_EQ(parse_mirrored("/-/cdn/us.aws.cdn.hf.co/a%20b?c=/d"), (MirroredTarget{"us.aws.cdn.hf.co", "/a%20b?c=/d"}));
  EXPECT_EQ(parse_mirrored("/-/cdn/hf.co"), (MirroredTarget{"hf.co", "/"}));
  EXPECT_EQ(parse_mirrored("/-/cdn/hf.co?x"), (MirroredTarget{"hf.co", "/?x"}));
}

TEST(MirrorUrlsTest, a_host_has_one_spelling) {
  for (auto target : {"/-/cdn/", "/-/cdn", "/-/cdn//x", "/-/cdn/HF.co/x", "/-/cdn/hf.co./x", "/-/cdn/hf.co:443/x",
                      "/-/cdn/u@hf.co/x", "/-/cdn/127.0.0.1/x", "/-/cdn/[::1]/x", "/-/cdn/hf%2eco/x", "/hf.co/x"})
    EXPECT_EQ(parse_mirrored(target), std::nullopt) << target;
}

TEST(MirrorUrlsTest, leads_an_answers_fields_to_the_mirror) {
  http::Fields answer{{"Location", "https://us.aws.cdn.hf.co/x?S=1"},
                      {"Link", "<https://huggingface.co/a?cursor=b,c>; rel=\"next\", <https://else.example/>; rel=up"},
                      {"X-Url", "https://huggingface.co/"}};
  urls().rewrite(answer);
  EXPECT_EQ(answer.get("Location"), "http://weir:9347/-/cdn/us.aws.cdn.hf.co/x?S=1");
  EXPECT_EQ(answer.get("Link"), "<http://weir:9347/a?cursor=b,c>; rel=\"next\", <https://else.example/>; rel=up");
  EXPECT_EQ(answer.get("X-Url"), "https://huggingface.co/");
  EXPECT_EQ(answer.size(), 3u);
  http::Fields relative{{"Location", "/api/resolve-cache/x"}, {"Link", "</next>;rel=next"}};
  auto before = relative;
  urls().rewrite(relative);
  EXPECT_EQ(relative, before);
}

}  // namespace
}  // namespace weir::hub
