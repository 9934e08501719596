// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "http/head.h"

namespace weir::http {
namespace {

TEST(Serialize, writes_a_request) {
  EXPECT_EQ(serialize(RequestHead{"GET", "/a?b", 1, {{"Host", "a"}, {"X", ""}}}),
            "GET /a?b HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n");
  EXPECT_EQ(serialize(RequestHead{"CONNECT", "a:443", 0, {}}), "CONNECT a:443 HTTP/1.0\r\n\r\n");
}

TEST(Serialize, writes_a_response_and_fills_in_its_reason) {
  EXPECT_EQ(serialize(ResponseHead{206, "", 1, {{"A", "b"}}}), "HTTP/1.1 206 Partial Content\r\nA: b\r\n\r\n");
  EXPECT_EQ(serialize(ResponseHead{200, "Fine", 0, {}}), "HTTP/1.0 200 Fine\r\n\r\n");
  EXPECT_EQ(serialize(ResponseHead{299, "", 1, {}}), "HTTP/1.1 299 \r\n\r\n");
}

TEST(Serialize, no_value_can_end_a_line) {
  using namespace std::string_literals;
  const std::string evil = "a\r\nB: c\r\n\r\nbody\0\n"s;
  EXPECT_EQ(serialize(RequestHead{"GET", "/", 1, {{"X", evil}}}), "GET / HTTP/1.1\r\nX: a  B: c    body  \r\n\r\n");
  EXPECT_EQ(serialize(RequestHead{"G\n", "/\r", 1, {{"X\n", "y"}}}), "G  /  HTTP/1.1\r\nX : y\r\n\r\n");
  EXPECT_EQ(serialize(ResponseHead{200, "O\r\nK", 1, {{"X", "\n"}}}), "HTTP/1.1 200 O  K\r\nX:  \r\n\r\n");
}

TEST(Serialize, a_response_survives_being_written_and_read_again) {
  const ResponseHead head{
      302, "Found", 1, {{"Location", "https://a/b?c"}, {"Link", "<a>; rel=\"next\""}, {"Link", "<b>"}, {"Empty", ""}}};
  auto again = parse_response(serialize(head));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, head);
}

TEST(ReasonOf, knows_the_registered_statuses) {
  EXPECT_EQ(reason_of(100), "Continue");
  EXPECT_EQ(reason_of(421), "Misdirected Request");
  EXPECT_EQ(reason_of(508), "Loop Detected");
  EXPECT_EQ(reason_of(299), "");
  EXPECT_EQ(reason_of(0), "");
}

}  // namespace
}  // namespace weir::http
