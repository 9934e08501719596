// SPDX-License-Identifier: Apache-2.0
#include "hub/lfs_batch.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

namespace weir::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kOid(64, 'a');
const std::string kOther(64, 'b');
const WallTime kNow{std::chrono::seconds(1'795'247'000)};

Sha256 digest(const std::string& hex) {
  return *Sha256::from_hex(hex);
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

TEST(BatchRequestTest, is_read) {
  auto request = parse_batch_request(
      R"({"operation":"download","transfers":["basic"],"ref":{"name":"refs/heads/main"},"objects":[)"
      R"({"oid":)" +
      quoted(kOid) + R"(,"size":5},{"oid":)" + quoted(kOther) + R"(,"size":0}],"hash_algo":"sha256"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(*request, (BatchRequest{BatchOperation::download, {{digest(kOid), 5}, {digest(kOther), 0}}}));
  EXPECT_EQ(parse_batch_request(R"({"operation":"upload","objects":[]})"), (BatchRequest{BatchOperation::upload, {}}));
}

TEST(BatchRequestTest, of_another_shape_is_an_error) {
  const std::string object = R"({"oid":)" + quoted(kOid) + R"(,"size":5})";
  for (const std::string& body :
       {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
        std::string(R"({"operation":"verify","objects":[]})"), std::string(R"({"operation":1})"),
        R"({"operation":"download","hash_algo":"sha512","objects":[)" + object + "]}",
        R"({"operation":"download","objects":[)" + object,
        std::string(R"({"operation":"download","objects":[{"oid":"ab","size":5}]})"),
        R"({"operation":"download","objects":[{"oid":)" + quoted(kOid) + "}]}",
        R"({"operation":"download","objects":[{"oid":)" + quoted(kOid) + R"(,"size":-1}]})",
        std::string(R"({"operation":"download","objects":[5]})"),
        std::string(R"({"operation":"download","objects":5})"),
        R"({"operation":"download","x":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}"})
    EXPECT_FALSE(parse_batch_request(body)) << body.substr(0, 200);
}

TEST(BatchRequestTest, brackets_in_text_do_not_nest) {
  const std::string text = "\\\"" + std::string(100, '[');
  EXPECT_TRUE(parse_batch_request(R"({"operation":"download","objects":[],"x":")" + text + "\"}"));
}

TEST(BatchRequestTest, above_the_limit_is_an_error) {
  std::string body = R"({"operation":"download","objects":[]})";
  EXPECT_TRUE(parse_batch_request(body + std::string(kMaxBatchRequest - body.size(), ' ')));
  EXPECT_FALSE(parse_batch_request(body + std::string(kMaxBatchRequest - body.size() + 1, ' ')));
}

TEST(BatchRequestTest, what_weir_asks_itself_is_one) {
  BatchObject object{digest(kOid), 5};
  EXPECT_EQ(parse_batch_request(make_batch_request(object)), (BatchRequest{BatchOperation::download, {object}}));
  EXPECT_EQ(make_batch_request(object), R"({"operation":"download","transfers":["basic"],"objects":[{"oid":)" +
                                            quoted(kOid) + R"(,"size":5}],"hash_algo":"sha256"})");
}

TEST(WithoutXetTransferTest, takes_xet_out_of_a_download) {
  struct Case {
    std::string_view before;
    std::string_view after;
  };
  const Case cases[] = {
      {R"({"operation":"download","transfers":["lfs-standalone-file","xet","basic"],"z":[1],"a":"é"})",
       R"({"operation":"download","transfers":["lfs-standalone-file","basic"],"z":[1],"a":"é"})"},
      {R"({"transfers":["xet"],"operation":"download"})", R"({"transfers":["basic"],"operation":"download"})"},
      {R"({"operation":"download","transfers":["xet","xet"]})", R"({"operation":"download","transfers":["basic"]})"},
  };
  for (const auto& each : cases) EXPECT_EQ(without_xet_transfer(each.before), each.after);
}

TEST(WithoutXetTransferTest, leaves_all_else_as_it_is) {
  for (auto body :
       {R"({ "operation":"upload", "transfers":["xet"] })", R"({ "operation":"download","transfers":["basic"]})",
        R"({ "operation":"download" })", R"({ "operation":"download","transfers":"xet"})", R"({ "transfers":["xet"] })",
        R"({ "operation":"download","transfers":["xet"])", "", "[\"xet\"]", "xet"})
    EXPECT_EQ(without_xet_transfer(body), body);
  std::string deep = R"({"operation":"download","transfers":["xet"],"x":)" + std::string(100'000, '[') +
                     std::string(100'000, ']') + "}";
  EXPECT_EQ(without_xet_transfer(deep), deep);
}

std::string answer(const std::string& objects) {
  return R"({"transfer":"basic","objects":[)" + objects + R"(],"hash_algo":"sha256"})";
}

std::string object(const std::string& oid, const std::string& download) {
  return R"({"oid":)" + quoted(oid) + R"(,"size":5,"actions":{"download":)" + download + "}}";
}

TEST(BatchAnswerTest, names_the_downloads) {
  auto downloads = parse_batch_answer(
      answer(
          object(
              kOid,
              R"({"href":"https://cdn.hf.co/a?Signature=s","header":{"Authorization":"Basic x","n":5,"bad name":"x","bad":"a\r\nb"},"expires_in":700})") +
          "," + object(kOther, R"({"href":"https://cdn.hf.co/b","expires_at":"2026-11-21T07:55:00Z"})")),
      kNow);
  ASSERT_TRUE(downloads) << downloads.error().message;
  const WallTime expires = kNow + std::chrono::seconds(700);
  EXPECT_THAT(*downloads,
              ElementsAre(BatchDownload{{digest(kOid), 5},
                                        *http::parse_url("https://cdn.hf.co/a?Signature=s"),
                                        {{"Authorization", "Basic x"}},
                                        expires},
                          BatchDownload{{digest(kOther), 5}, *http::parse_url("https://cdn.hf.co/b"), {}, expires}));
}

TEST(BatchAnswerTest, knows_no_end_that_it_cannot_read) {
  for (auto end : {R"("expires_in":0)", R"("expires_in":-1)", R"("expires_in":99999999999999999)",
                   R"("expires_in":8999999999)", R"("expires_at":"soon")", R"("expires_at":5)", R"("x":1)"}) {
    auto downloads =
        parse_batch_answer(answer(object(kOid, std::string(R"({"href":"https://cdn.hf.co/a",)") + end + "}")), kNow);
    ASSERT_TRUE(downloads);
    ASSERT_EQ(downloads->size(), 1u);
    EXPECT_EQ(downloads->front().expires, std::nullopt) << end;
  }
}

TEST(BatchAnswerTest, leaves_out_what_is_no_download) {
  const std::string objects[] = {
      R"({"oid":)" + quoted(kOid) + R"(,"size":5,"error":{"code":404,"message":"Object does not exist"}})",
      R"({"oid":)" + quoted(kOid) + R"(,"size":5,"actions":{"upload":{"href":"https://cdn.hf.co/a"}}})",
      R"({"oid":)" + quoted(kOid) + R"(,"size":5})",
      R"({"oid":"../../etc/passwd","size":5,"actions":{"download":{"href":"https://cdn.hf.co/a"}}})",
      object(kOid, R"({"href":"http://cdn.hf.co/a"})"),
      object(kOid, R"({"href":"/a"})"),
      object(kOid, R"({"href":"https://u:p@cdn.hf.co/a"})"),
      object(kOid, R"({"href":5})"),
      object(kOid, "[]"),
      "5",
      "null",
  };
  for (const auto& each : objects) {
    auto downloads = parse_batch_answer(answer(each), kNow);
    ASSERT_TRUE(downloads) << each;
    EXPECT_THAT(*downloads, IsEmpty()) << each;
  }
}

TEST(BatchAnswerTest, of_another_shape_is_an_error) {
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"objects":{}})"),
        std::string(R"({"objects":[],"hash_algo":"sha1"})"), std::string(R"({"message":"Not found"})"),
        R"({"objects":[],"x":)" + std::string(50, '[') + std::string(50, ']') + "}"})
    EXPECT_FALSE(parse_batch_answer(body, kNow)) << body;
  std::string body = R"({"objects":[]})";
  EXPECT_FALSE(parse_batch_answer(body + std::string(kMaxBatchAnswer, ' '), kNow));
}

TEST(RenamedHrefsTest, are_those_of_all_actions) {
  auto rename = [](std::string_view href) {
    return href.starts_with("https://a/") ? std::optional("http://m/" + std::string(href.substr(10))) : std::nullopt;
  };
  const std::string body =
      R"({"z":1,"objects":[{"oid":"x","actions":{"upload":{"href":"https://a/u","header":{"b":"https://a/"}},)"
      R"("verify":{"href":"https://b/v"}}},5,{"actions":{"download":{"href":7}}},{"actions":[]}],"a":[]})";
  auto expected = body;
  expected.replace(expected.find("https://a/u"), 11, "http://m/u");
  EXPECT_EQ(with_renamed_hrefs(body, rename), expected);
  for (const std::string& other :
       {std::string("{}"), std::string("[]"), std::string("<html>"),
        std::string(R"({ "objects" : [ { "actions" : { "x" : { "href" : "https://b/" } } } ] })"),
        std::string(R"({"objects":[{"actions":{"x":{"href":"https://a/")")})
    EXPECT_EQ(with_renamed_hrefs(other, rename), other);
}

}  // namespace
}  // namespace weir::hub
