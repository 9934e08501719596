// SPDX-License-Identifier: Apache-2.0
#include "proxy/error_answer.h"

#include <gtest/gtest.h>

#include "tests/unit/proxy/fake_responder.h"

namespace weir::proxy {
namespace {

TEST(ErrorAnswerTest, says_the_sentence_in_head_and_body) {
  FakeResponder responder;
  answer_error(responder, 502, "The hub is away.");
  ASSERT_TRUE(responder.head);
  EXPECT_EQ(responder.head->status, 502);
  EXPECT_EQ(responder.head->reason, "Bad Gateway");
  EXPECT_EQ(responder.head->fields.get("X-Error-Message"), "The hub is away.");
  EXPECT_EQ(responder.head->fields.get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(responder.head->fields.get("Cache-Control"), "no-store");
  EXPECT_EQ(responder.body, "The hub is away.\n");
  EXPECT_EQ(responder.length, responder.body.size());
  EXPECT_EQ(responder.finished, 1);
}

TEST(ErrorAnswerTest, no_message_ends_a_line_of_the_head) {
  auto head = own_head(400, std::string_view("a\r\nSet-Cookie: b\0c\x7f d\t\xc3\xa9", 24));
  EXPECT_EQ(head.fields.get("X-Error-Message"), "a  Set-Cookie: b c  d \xc3\xa9");
}

TEST(ErrorAnswerTest, only_errors_have_an_error_message) {
  EXPECT_FALSE(own_head(200, "all is well").fields.has("X-Error-Message"));
  EXPECT_FALSE(own_head(399, "x").fields.has("X-Error-Message"));
  EXPECT_TRUE(own_head(400, "x").fields.has("X-Error-Message"));
  EXPECT_FALSE(own_head(400, "").fields.has("X-Error-Message"));
}

TEST(ErrorAnswerTest, a_text_has_its_type) {
  FakeResponder responder;
  answer_text(responder, 200, "application/x-pem-file", "-----\n");
  ASSERT_TRUE(responder.head);
  EXPECT_EQ(responder.head->status, 200);
  EXPECT_EQ(responder.head->fields.get("Content-Type"), "application/x-pem-file");
  EXPECT_EQ(responder.head->fields.count("Content-Type"), 1U);
  EXPECT_EQ(responder.body, "-----\n");
  EXPECT_EQ(responder.length, 6U);
  EXPECT_EQ(responder.finished, 1);
}

TEST(ErrorAnswerTest, an_error_exchange_answers_once_started) {
  FakeResponder responder;
  ErrorExchange exchange(responder, 404, "There is nothing here.");
  EXPECT_FALSE(responder.head);
  exchange.start();
  ASSERT_TRUE(responder.head);
  EXPECT_EQ(responder.head->status, 404);
  EXPECT_EQ(responder.body, "There is nothing here.\n");
}

}  // namespace
}  // namespace weir::proxy
