// SPDX-License-Identifier: Apache-2.0
// Requests by http, which sources near by may be asked with.
#include <gmock/gmock.h>

#include "tests/component/upstream/origin_fixture.h"
#include "tests/fakes/one_answer_server.h"

namespace weir::upstream {
namespace {

using testing::StartsWith;

class OriginInClear : public OriginFixture {
 protected:
  OriginRequest request() const {
    auto asked = get();
    asked.host = "127.0.0.1";
    asked.port = clear_.endpoint().port;
    asked.scheme = OriginRequest::Scheme::http;
    return asked;
  }

  fakes::OneAnswerServer clear_{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"};
};

TEST_F(OriginInClear, an_address_that_is_allowed_is_asked) {
  reach_.allow_private = {*Cidr::parse("127.0.0.1")};
  exchange(request());
  clear_.end();
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.data, "hello");
  EXPECT_THAT(clear_.asked(), StartsWith("GET / HTTP/1.1\r\n"));
}

TEST_F(OriginInClear, another_one_is_not) {
  exchange(request());
  clear_.end();
  ASSERT_TRUE(recorder_.fault);
  EXPECT_EQ(recorder_.fault->kind, OriginFault::Kind::refused_address);
  EXPECT_EQ(clear_.asked(), "");
}

}  // namespace
}  // namespace weir::upstream
