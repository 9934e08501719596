// SPDX-License-Identifier: Apache-2.0
#include "hub/file_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::hub {
namespace {

using Of = Withdrawal::Of;

const std::string kHex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kCommit = "607a30d783dfa663caf39e06633721c8d4cfcd7e";

ToldOfFile told(int status, http::Fields fields) {
  fields.add("X-Repo-Commit", kCommit);
  fields.add("Set-Cookie", "secret");
  http::ResponseHead head{status, "", 1, std::move(fields)};
  auto asked = http::parse_url("https://huggingface.co/org/name/resolve/main/model.bin");
  auto answer = judge_resolve_answer(head, *asked, [](std::string_view host) { return host.ends_with(".hf.co"); });
  return told_of_file(answer, head);
}

ToldOfFile told_of_large(const std::string& size, const std::string& host = "us.aws.cdn.hf.co") {
  return told(302, {{"Location", "https://" + host + "/x?Expires=1&Signature=s"},
                    {"X-Linked-ETag", '"' + kHex + '"'},
                    {"X-Linked-Size", size}});
}

TEST(FileAnswerTest, a_redirect_to_a_large_file_opens_all) {
  auto file = told_of_large("1234");
  EXPECT_EQ(file.permits, Right::all_files);
  EXPECT_EQ(file.withdraws, std::nullopt);
  EXPECT_EQ(file.commit, kCommit);
  ASSERT_TRUE(file.head);
  EXPECT_EQ(file.head->kind, FileHead::Kind::lfs);
  EXPECT_EQ(file.head->digest.hex(), kHex);
  EXPECT_EQ(file.head->size, 1234U);
  EXPECT_EQ(file.head->fields.get("ETag"), '"' + kHex + '"');
}

TEST(FileAnswerTest, nothing_that_is_one_clients_alone_is_kept) {
  auto file = told_of_large("1234");
  ASSERT_TRUE(file.head);
  for (const auto& field : file.head->fields) {
    EXPECT_EQ(field.value.find("Signature"), std::string::npos) << field.name;
    EXPECT_EQ(field.value.find("secret"), std::string::npos) << field.name;
  }
}

TEST(FileAnswerTest, one_that_clients_take_elsewhere_is_a_yes_without_a_head) {
  auto file = told_of_large("60000000000");
  EXPECT_EQ(file.permits, Right::all_files);
  EXPECT_FALSE(file.head);
  EXPECT_EQ(told_of_large("1234", "elsewhere.example").permits, std::nullopt);
}

TEST(FileAnswerTest, a_regular_file_opens_its_like) {
  auto file = told(307, {{"Location", "/api/resolve-cache/models/org/name/" + kCommit + "/config.json"}});
  EXPECT_EQ(file.permits, Right::regular_files);
  ASSERT_TRUE(file.head);
  EXPECT_EQ(file.head->kind, FileHead::Kind::regular);
  EXPECT_EQ(file.head->status, 307);
  EXPECT_TRUE(file.head->fields.has("Location"));
}

TEST(FileAnswerTest, other_redirects_say_nothing) {
  for (const char* location : {"/other/name/resolve/main/model.bin", "https://elsewhere.example/x", "//x y"}) {
    auto file = told(307, {{"Location", location}});
    EXPECT_EQ(file.permits, std::nullopt) << location;
    EXPECT_EQ(file.withdraws, std::nullopt) << location;
    EXPECT_FALSE(file.head) << location;
  }
}

TEST(FileAnswerTest, a_missing_file_is_remembered_and_takes_no_right) {
  auto file = told(404, {{"X-Error-Code", "EntryNotFound"}, {"X-Error-Message", "Entry not found"}});
  EXPECT_EQ(file.permits, std::nullopt);
  EXPECT_EQ(file.withdraws, std::nullopt);
  ASSERT_TRUE(file.head);
  EXPECT_EQ(file.head->kind, FileHead::Kind::absent);
  EXPECT_EQ(file.head->status, 404);
  EXPECT_EQ(file.head->fields.get("X-Error-Code"), "EntryNotFound");
}

TEST(FileAnswerTest, a_refusal_takes_the_right_and_is_not_remembered) {
  for (int status : {401, 403, 404}) {
    auto gated = told(status, {{"X-Error-Code", "GatedRepo"}});
    EXPECT_EQ(gated.withdraws, (Withdrawal{Right::regular_files, Of::public_too})) << status;
    EXPECT_FALSE(gated.head);
    auto closed = told(status, {{"X-Error-Code", "RepoNotFound"}});
    EXPECT_EQ(closed.withdraws, (Withdrawal{Right::metadata, Of::public_too})) << status;
    EXPECT_FALSE(closed.head);
  }
}

TEST(FileAnswerTest, trouble_takes_nothing) {
  for (int status : {400, 408, 429, 500, 503}) {
    auto file = told(status, {});
    EXPECT_EQ(file.permits, std::nullopt) << status;
    EXPECT_EQ(file.withdraws, std::nullopt) << status;
    EXPECT_FALSE(file.head) << status;
  }
}

std::optional<Withdrawal> withdrawn(int status, std::string_view code = "") {
  http::ResponseHead head;
  head.status = status;
  if (!code.empty()) head.fields.set("X-Error-Code", code);
  return withdrawn_by(head);
}

TEST(WithdrawnByTest, a_refusal_closes_the_repository) {
  for (int status : {401, 403, 404}) EXPECT_EQ(withdrawn(status), (Withdrawal{Right::metadata, Of::asker})) << status;
  EXPECT_EQ(withdrawn(404, "RepoNotFound"), (Withdrawal{Right::metadata, Of::public_too}));
}

TEST(WithdrawnByTest, gating_closes_files) {
  EXPECT_EQ(withdrawn(401, "GatedRepo"), (Withdrawal{Right::regular_files, Of::public_too}));
  EXPECT_EQ(withdrawn(403, "GatedRepo"), (Withdrawal{Right::regular_files, Of::public_too}));
}

// Clients look for branches and files that most repositories lack.
TEST(WithdrawnByTest, the_absence_of_a_part_closes_nothing) {
  EXPECT_EQ(withdrawn(404, "EntryNotFound"), std::nullopt);
  EXPECT_EQ(withdrawn(404, "RevisionNotFound"), std::nullopt);
  EXPECT_EQ(withdrawn(403, "RevisionNotFound"), (Withdrawal{Right::metadata, Of::asker}));
}

TEST(WithdrawnByTest, trouble_says_nothing) {
  for (int status : {200, 302, 304, 429, 500, 503}) EXPECT_EQ(withdrawn(status), std::nullopt) << status;
}

}  // namespace
}  // namespace weir::hub
