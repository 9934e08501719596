// SPDX-License-Identifier: Apache-2.0
#include "cli/local_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/one_answer_server.h"

namespace weir::cli {
namespace {

constexpr Duration kTimeout{60'000};

TEST(LocalHttpTest, takes_a_body_of_known_length_or_until_the_end) {
  for (std::string head : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n"}) {
    fakes::OneAnswerServer server(head + "hello");
    auto answer = local_get(server.endpoint(), "/-/status", kTimeout);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "hello");
  }
}

TEST(LocalHttpTest, gives_other_statuses_to_the_caller) {
  fakes::OneAnswerServer server("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(local_get(server.endpoint(), "/", kTimeout)->status, 403);
}

TEST(LocalHttpTest, refuses_an_answer_that_is_cut_anywhere) {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    fakes::OneAnswerServer server(whole.substr(0, cut));
    auto answer = local_get(server.endpoint(), "/", kTimeout);
    ASSERT_FALSE(answer) << "cut after byte " << cut;
    EXPECT_EQ(answer.error().code, ErrorCode::io);
  }
}

TEST(LocalHttpTest, refuses_what_is_no_http_and_what_never_ends) {
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), "HTTP/1.0 200 OK\r\n\r\n" + std::string(17 << 20, 'x')}) {
    fakes::OneAnswerServer server(bytes);
    EXPECT_FALSE(local_get(server.endpoint(), "/", kTimeout));
  }
}

TEST(LocalHttpTest, nobody_there_is_an_error) {
  Endpoint gone;
  {
    fakes::OneAnswerServer server("");
    gone = server.endpoint();
    EXPECT_FALSE(local_get(gone, "/", kTimeout));
  }
  auto answer = local_get(gone, "/", kTimeout);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, testing::HasSubstr(gone.text()));
}

}  // namespace
}  // namespace weir::cli
