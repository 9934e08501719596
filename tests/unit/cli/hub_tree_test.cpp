// SPDX-License-Identifier: Apache-2.0
#include "cli/hub_tree.h"

#include <gmock/gmock.h>

namespace weir::cli {
namespace {

using testing::HasSubstr;

const std::string kOid(40, 'a');
const std::string kSha256(64, 'b');

http::Url page(const std::string& query = "") {
  return *http::parse_url("https://huggingface.co/api/models/o/n/tree/x" + query);
}

std::string entry(const std::string& path) {
  return R"({"type":"file","oid":")" + kOid + R"(","size":3,"path":")" + path + R"("})";
}

std::string error_of(const std::string& json, const http::Fields& fields = {}) {
  TreePages pages;
  auto added = pages.add(page(), fields, json);
  return added ? "" : added.error().message;
}

TEST(HubTree, has_files_of_both_kinds) {
  TreePages pages;
  auto large = R"({"type":"file","oid":")" + kOid + R"(","size":130,"path":"w.bin","lfs":{"oid":")" + kSha256 +
               R"(","size":7,"pointerSize":130}})";
  auto folder = R"({"type":"directory","oid":")" + kOid + R"(","size":0,"path":"d"})";
  ASSERT_TRUE(pages.add(page(), {}, "[" + folder + "," + entry("d/a.txt") + "," + large + "]"));
  EXPECT_FALSE(pages.next());
  std::vector<TreeFile> expected{{"d/a.txt", 3, std::nullopt, Sha1::from_hex(kOid)},
                                 {"w.bin", 7, Sha256::from_hex(kSha256), std::nullopt}};
  EXPECT_EQ(pages.take_files(), expected);
}

TEST(HubTree, follows_its_pages_to_the_end) {
  TreePages pages;
  ASSERT_TRUE(
      pages.add(page(), {{"Link", "<" + page("?cursor=1").text() + ">; rel=\"next\""}}, "[" + entry("a") + "]"));
  ASSERT_EQ(pages.next(), page("?cursor=1"));
  ASSERT_TRUE(pages.add(page("?cursor=1"), {}, "[" + entry("b") + "]"));
  EXPECT_FALSE(pages.next());
  EXPECT_EQ(pages.take_files().size(), 2U);
}

TEST(HubTree, has_pages_that_do_not_lead_astray) {
  auto link = [](const std::string& url) { return http::Fields{{"Link", "<" + url + ">; rel=\"next\""}}; };
  EXPECT_THAT(error_of("[]", link(page().text())), HasSubstr("circle"));
  EXPECT_THAT(error_of("[]", link("https://example.org/api")), HasSubstr("another place"));
  EXPECT_THAT(error_of("[]", link("http://huggingface.co/api")), HasSubstr("another place"));
  TreePages pages;
  ASSERT_TRUE(pages.add(page(), link(page("?c=1").text()), "[]"));
  auto back = pages.add(page("?c=1"), link(page().text()), "[]");
  EXPECT_THAT(back.error().message, HasSubstr("circle"));
}

TEST(HubTree, is_believed_after_a_check) {
  EXPECT_THAT(error_of("<!doctype html>"), HasSubstr("HTML"));
  EXPECT_THAT(error_of("[" + entry("a")), HasSubstr("cut short"));
  EXPECT_THAT(error_of(""), HasSubstr("cut short"));
  EXPECT_THAT(error_of("{}"), HasSubstr("no list"));
  EXPECT_THAT(error_of("[1]"), HasSubstr("no list"));
  EXPECT_THAT(error_of("[" + entry("a") + "," + entry("a") + "]"), HasSubstr("twice"));
  EXPECT_THAT(error_of(R"([{"type":"file","path":"a","size":-1,"oid":"x"}])"), HasSubstr("no size or no digest"));
  EXPECT_THAT(error_of(R"([{"type":"file","path":7}])"), HasSubstr("no path"));
  EXPECT_THAT(error_of("[" + entry("../a") + "]"), HasSubstr("no path"));
  EXPECT_THAT(error_of("[" + entry("a\\u0000b") + "]"), HasSubstr("no path"));
}

TEST(HubTree, knows_which_paths_stay_below) {
  for (const char* good : {"a", ".gitattributes", "a/b/c.bin", "..a", "a..", "ünï/100% #1?.bin", "a b"})
    EXPECT_TRUE(is_safe_path(good)) << good;
  for (const char* bad :
       {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a/./b", "a\nb", "\x7f"})
    EXPECT_FALSE(is_safe_path(bad)) << bad;
  EXPECT_FALSE(is_safe_path(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_safe_path(std::string(256, 'a')));
  std::string deep = "a";
  while (deep.size() <= 4095) deep += "/a";
  EXPECT_FALSE(is_safe_path(deep));
}

TEST(HubTree, asks_in_the_hub_s_words) {
  EXPECT_EQ(revision_target(hub::RepoType::model, "o/n", "refs/pr/1"), "/api/models/o/n/revision/refs%2Fpr%2F1");
  EXPECT_EQ(tree_target(hub::RepoType::dataset, "o/n", "c"), "/api/datasets/o/n/tree/c?recursive=True&expand=False");
  EXPECT_EQ(file_target(hub::RepoType::model, "gpt2", "main", "d/a b%.bin"), "/gpt2/resolve/main/d/a%20b%25.bin");
  EXPECT_EQ(file_target(hub::RepoType::space, "o/n", "v/1", "x"), "/spaces/o/n/resolve/v%2F1/x");
}

TEST(HubTree, takes_a_commit_for_a_revision) {
  EXPECT_EQ(parse_commit(R"({"sha":")" + kOid + R"("})"), kOid);
  for (const char* bad : {"[]", "{}", R"({"sha":"main"})", R"({"sha":1})", "{"}) EXPECT_FALSE(parse_commit(bad)) << bad;
}

}  // namespace
}  // namespace weir::cli
