// SPDX-License-Identifier: Apache-2.0
#include "cli/hub_client.h"

#include <gmock/gmock.h>

#include "cli/stop_switch.h"
#include "tests/fakes/one_answer_server.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

struct Outcome {
  Result<HubAnswer> answer;
  std::string body;
};

Outcome ask(const std::string& sent, int stop = -1) {
  fakes::OneAnswerServer server(sent);
  HubClient client(HubAccess{ProxyContact(server.endpoint()), "huggingface.co", {}, {}}, stop);
  std::string body;
  auto keep = [&](const http::ResponseHead&, std::string_view bytes) {
    body += bytes;
    return Result<void>();
  };
  auto answer = client.ask("GET", *client.url_of("/x"), Redirects::relative, keep);
  return {std::move(answer), std::move(body)};
}

TEST(HubClient, reads_bodies_of_all_framings) {
  for (const char* sent : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
                           "HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello"}) {
    auto [answer, body] = ask(sent);
    ASSERT_TRUE(answer) << sent;
    EXPECT_EQ(body, "hello");
    EXPECT_EQ(answer->body_bytes, 5U);
  }
}

TEST(HubClient, notices_what_is_cut_short) {
  for (const char* sent : {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"})
    EXPECT_EQ(ask(sent).answer.error().code, ErrorCode::origin) << sent;
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\n").answer.error().code, ErrorCode::io);
  EXPECT_EQ(ask("hello\r\n\r\n").answer.error().code, ErrorCode::io);
}

TEST(HubClient, keeps_the_body_of_a_refusal_to_itself) {
  auto [answer, body] = ask("HTTP/1.1 404 No\r\nX-Error-Code: EntryNotFound\r\nX-Error-Message: gone\r\n\r\ntext");
  ASSERT_TRUE(answer);
  EXPECT_EQ(body, "");
  EXPECT_EQ(refusal_of(answer->head).message, "the answer is 404: gone");
}

TEST(HubClient, gives_a_redirect_to_another_host_back) {
  auto [answer, body] = ask("HTTP/1.1 302 Found\r\nLocation: https://cdn.hf.co/x\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->head.status, 302);
}

TEST(HubClient, ends_when_it_is_told_to) {
  auto stop = StopSwitch::make();
  ASSERT_TRUE(stop);
  EXPECT_FALSE(stop->pulled());
  stop->pull();
  EXPECT_TRUE(stop->sleep(Duration(60'000)));
  EXPECT_EQ(ask("HTTP/1.1 200 OK\r\n\r\n", stop->fd()).answer.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace weir::cli
