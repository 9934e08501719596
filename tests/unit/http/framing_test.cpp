// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "http/head.h"

namespace weir::http {
namespace {

BodyFraming request_body(int minor_version, Fields fields) {
  auto framing = request_framing(RequestHead{"POST", "/", minor_version, std::move(fields)});
  EXPECT_TRUE(framing) << framing.error().message;
  return framing.value_or(BodyFraming{BodyKind::until_close, 0});
}

TEST(RequestFraming, is_what_the_fields_say) {
  EXPECT_EQ(request_body(1, {}), (BodyFraming{BodyKind::none, 0}));
  EXPECT_EQ(request_body(0, {}), (BodyFraming{BodyKind::none, 0}));
  EXPECT_EQ(request_body(1, {{"Content-Length", "0"}}), (BodyFraming{BodyKind::length, 0}));
  EXPECT_EQ(request_body(0, {{"content-length", "17"}}), (BodyFraming{BodyKind::length, 17}));
  EXPECT_EQ(request_body(1, {{"Content-Length", "9223372036854775807"}}), (BodyFraming{BodyKind::length, INT64_MAX}));
  EXPECT_EQ(request_body(1, {{"Transfer-Encoding", "chunked"}}), (BodyFraming{BodyKind::chunked, 0}));
}

TEST(ResponseFraming, is_what_the_status_the_method_and_the_fields_say) {
  struct Case {
    const char* method;
    int status;
    Fields fields;
    BodyFraming expected;
  };
  const Fields length{{"Content-Length", "5"}};
  const Fields chunked{{"Transfer-Encoding", "chunked"}};
  const Case cases[] = {
      {"GET", 200, length, {BodyKind::length, 5}},
      {"GET", 200, chunked, {BodyKind::chunked, 0}},
      {"GET", 200, {}, {BodyKind::until_close, 0}},
      {"GET", 206, {}, {BodyKind::until_close, 0}},
      {"GET", 404, {{"Content-Length", "0"}}, {BodyKind::length, 0}},
      {"HEAD", 200, length, {}},
      {"HEAD", 200, chunked, {}},
      {"HEAD", 200, {}, {}},
      {"GET", 100, {}, {}},
      {"GET", 103, length, {}},
      {"GET", 204, {{"Content-Length", "0"}}, {}},
      {"GET", 304, length, {}},
      {"CONNECT", 200, length, {}},
      {"CONNECT", 403, length, {BodyKind::length, 5}},
  };
  for (const Case& one : cases) {
    auto framing = response_framing(ResponseHead{one.status, "", 1, one.fields}, one.method);
    ASSERT_TRUE(framing) << one.method << " " << one.status;
    EXPECT_EQ(*framing, one.expected) << one.method << " " << one.status;
  }
}

TEST(ResponseFraming, is_as_strict_as_that_of_requests) {
  const std::vector<Fields> fields = {
      {{"Content-Length", "5"}, {"Content-Length", "5"}},
      {{"Content-Length", "5"}, {"Content-Length", "6"}},
      {{"Content-Length", "5, 5"}},
      {{"Content-Length", ""}},
      {{"Content-Length", "-1"}},
      {{"Content-Length", "18446744073709551616"}},
      {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}},
      {{"Transfer-Encoding", "gzip"}},
      {{"Transfer-Encoding", "gzip, chunked"}},
      {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
  };
  for (const char* method : {"GET", "HEAD"}) {
    for (const Fields& one : fields) {
      auto framing = response_framing(ResponseHead{200, "", 1, one}, method);
      ASSERT_FALSE(framing) << one.begin()->value;
      EXPECT_EQ(framing.error().status, 502);
    }
  }
  EXPECT_FALSE(response_framing(ResponseHead{200, "", 0, {{"Transfer-Encoding", "chunked"}}}, "GET"));
}

TEST(KeepsAlive, only_in_1_1_without_close) {
  auto keeps = [](int minor_version, Fields fields) {
    return keeps_alive(RequestHead{"GET", "/", minor_version, std::move(fields)});
  };
  EXPECT_TRUE(keeps(1, {}));
  EXPECT_TRUE(keeps(1, {{"Connection", "keep-alive"}}));
  EXPECT_FALSE(keeps(1, {{"Connection", "keep-alive, Close"}}));
  EXPECT_FALSE(keeps(1, {{"Connection", "x"}, {"connection", "close"}}));
  EXPECT_FALSE(keeps(0, {}));
  EXPECT_FALSE(keeps(0, {{"Connection", "keep-alive"}}));
}

}  // namespace
}  // namespace weir::http
