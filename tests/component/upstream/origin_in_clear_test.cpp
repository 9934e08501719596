// SPDX-License-Identifier: Apache-2.0
// Requests by http, which sources near by may be asked with.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include <thread>

#include "base/unique_fd.h"
#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {
namespace {

using testing::StartsWith;

// Answers one request on 127.0.0.1 without TLS.
class ClearServer {
 public:
  explicit ClearServer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
  }
  ~ClearServer() { end(); }

  // Waits for its end, or ends it where nobody came.
  void end() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  uint16_t port() const { return port_; }
  // After end().
  const std::string& asked() const { return asked_; }

 private:
  void serve(const std::string& answer) {
    UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
    char bytes[4096];
    while (client.get() >= 0 && asked_.find("\r\n\r\n") == std::string::npos) {
      auto got = ::recv(client.get(), bytes, sizeof bytes, 0);
      if (got <= 0) return;
      asked_.append(bytes, static_cast<size_t>(got));
    }
    if (client.get() < 0) return;
    EXPECT_EQ(::send(client.get(), answer.data(), answer.size(), 0), std::ssize(answer));
  }

  UniqueFd listener_;
  uint16_t port_ = 0;
  std::string asked_;
  std::thread thread_;
};

class OriginInClear : public OriginFixture {
 protected:
  OriginRequest request() const {
    auto asked = get();
    asked.host = "127.0.0.1";
    asked.port = clear_.port();
    asked.scheme = OriginRequest::Scheme::http;
    return asked;
  }

  ClearServer clear_{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"};
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
