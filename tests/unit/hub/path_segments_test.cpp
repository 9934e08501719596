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

TEST(PathSegmentsTest, says_what_is_wrong_with_a_path) {
  for (auto target :
       {"/", "//", "/a/", "/a//b", "/refs%2Fpr%2F1", "/a%5Cb", "/..a/b..", "/%E6%96%87", "/a?b=../%00%zz"})
    EXPECT_EQ(path_fault(target), std::nullopt) << target;
  for (auto target : {"/..", "/a/../b", "/a/%2e%2e%2fb", "/a%2F..", "/./a", "/%2E"})
    EXPECT_EQ(path_fault(target), "has a segment \".\" or \"..\"") << target;
  for (auto target : {"/%00", "/a%0Ab", "/%7f"}) EXPECT_EQ(path_fault(target), "has a control character") << target;
  for (auto target : {"/%", "/%z1", "/a%2"})
    EXPECT_EQ(path_fault(target), "has a % that two hex digits do not follow") << target;
  EXPECT_EQ(path_fault("/" + std::string(4095, 'a')), std::nullopt);
  EXPECT_EQ(path_fault("/" + std::string(4096, 'a')), "is longer than 4096 bytes");
}

// RFC 3629, section 4.
TEST(PathSegmentsTest, a_path_is_utf8) {
  for (auto target : {"/%C2%80", "/%DF%BF", "/%E0%A0%80", "/%ED%9F%BF", "/%EE%80%80", "/%F0%90%80%80", "/%F4%8F%BF%BF"})
    EXPECT_EQ(path_fault(target), std::nullopt) << target;
  for (auto target : {"/%80", "/%C0%AF", "/%C1%BF", "/%C2", "/%C2a", "/%E0%9F%BF", "/%E2%82", "/%ED%A0%80",
                      "/%F0%8F%BF%BF", "/%F4%90%80%80", "/%F5%80%80%80", "/%FF", "/%F0%90%80/"})
    EXPECT_EQ(path_fault(target), "is not UTF-8") << target;
}

TEST(PathSegmentsTest, joins) {
  std::vector<std::string> segments = {"a", "b/c", "d"};
  EXPECT_EQ(join_segments(segments), "a/b/c/d");
  EXPECT_EQ(join_segments({}), "");
}

}  // namespace
}  // namespace weir::hub
