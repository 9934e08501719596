// SPDX-License-Identifier: Apache-2.0
#include "hub/path_segments.h"

#include <gmock/gmock.h>

namespace weir::hub {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(PathSegmentsTest, decodes_each_segment) {
  EXPECT_THAT(path_segments("/a"), Optional(ElementsAre("a")));
  EXPECT_THAT(path_segments("/a/b%20c/%E6%96%87.bin?x=/y"), Optional(ElementsAre("a", "b c", "\xE6\x96\x87.bin")));
  EXPECT_THAT(path_segments("/a/refs%2Fpr%2F1"), Optional(ElementsAre("a", "refs/pr/1")));
  EXPECT_THAT(path_segments("/a/..b/.c/d../..."), Optional(ElementsAre("a", "..b", ".c", "d..", "...")));
  EXPECT_THAT(path_segments("/a%3Fb%23c"), Optional(ElementsAre("a?b#c")));
}

// Decoding is done once: what is still an escape afterwards is a name like any other.
TEST(PathSegmentsTest, decodes_once) {
  EXPECT_THAT(path_segments("/%252e%252e/%25"), Optional(ElementsAre("%2e%2e", "%")));
}

TEST(PathSegmentsTest, takes_no_path_that_could_be_read_as_another) {
  for (auto target : {"",          "*",       "a",
                      "?",         "/",       "//",
                      "/a/",       "/a//b",   "//a",
                      "/.",        "/..",     "/a/../b",
                      "/a/./b",    "/a/..",   "/%2e",
                      "/%2E%2e/a", "/.%2e",   "/a/b%2F..%2Fc",
                      "/a/%2Fb",   "/a/b%2F", "/a/b%2F%2Fc",
                      "/a%2F.",    "/a%00",   "/a%0a",
                      "/a%1f",     "/a%7f",   "/a\\b",
                      "/a%5Cb",    "/%",      "/%2",
                      "/%zz",      "/a%2",    "https://huggingface.co/a"})
    EXPECT_EQ(path_segments(target), std::nullopt) << target;
}

TEST(PathSegmentsTest, joins) {
  std::vector<std::string> segments = {"a", "b/c", "d"};
  EXPECT_EQ(join_segments(segments), "a/b/c/d");
  EXPECT_EQ(join_segments({}), "");
}

}  // namespace
}  // namespace weir::hub
