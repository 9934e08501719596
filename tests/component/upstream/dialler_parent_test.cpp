// SPDX-License-Identifier: Apache-2.0
// Tunnels through a parent proxy.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

#include "tests/component/upstream/parent_fixture.h"
#include "upstream/dialler.h"

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;
using Outcome = tl::expected<UniqueFd, OriginFault>;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// A plain TCP server on 127.0.0.1: says "hello", sends back what it gets, and "bye" after the client's end.
class EchoServer {
 public:
  EchoServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    EXPECT_EQ(::getsockname(listener_.get(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~EchoServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  uint16_t port() const { return port_; }

 private:
  void accept_all() {
    for (;;) {
      UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      ::send(client.get(), "hello", 5, MSG_NOSIGNAL);
      char bytes[4096];
      ssize_t got = 0;
      while ((got = ::recv(client.get(), bytes, sizeof bytes, 0)) > 0)
        ::send(client.get(), bytes, static_cast<size_t>(got), MSG_NOSIGNAL);
      ::send(client.get(), "bye", 3, MSG_NOSIGNAL);
    }
  }

  UniqueFd listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

class DiallerParent : public testing::TestWithParam<Scheme> {
 protected:
  void lead(const std::string& userinfo = "") {
    std::optional<fakes::TestCertificate> certificate;
    if (GetParam() == Scheme::https) certificate = ca_.issue({.name = "localhost"});
    parent_ = std::make_unique<Parent>(echo_.port(), certificate);
    options_.parent = parent_->route(userinfo);
    dialler_ = std::make_unique<Dialler>(loop_, options_, policy_, ca_.pem());
  }

  Outcome dial(const std::string& host = "host.test", uint16_t port = 443) {
    std::optional<Outcome> result;
    auto dial = dialler_->dial(host, port, [&](Outcome outcome) {
      result = std::move(outcome);
      loop_.stop();
    });
    EXPECT_FALSE(result) << "called from within dial()";
    run();
    return *std::move(result);
  }

  void run() {
    Timer too_long(loop_, [this] {
      ADD_FAILURE() << "nothing came to an end";
      loop_.stop();
    });
    too_long.start(Duration(30'000));
    loop_.run();
  }

  // Talks on the socket from a thread of its own, while the loop runs.
  void talk(UniqueFd socket, const std::function<void(int)>& talk) {
    ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) & ~O_NONBLOCK);
    std::thread thread([&] {
      talk(socket.get());
      socket.reset();
      loop_.stop();
    });
    run();
    thread.join();
  }

  static std::string receive(int socket, size_t size) {
    std::string bytes(size, '\0');
    size_t filled = 0;
    while (filled < size) {
      auto got = ::recv(socket, bytes.data() + filled, size - filled, 0);
      if (got <= 0) break;
      filled += static_cast<size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }

  fakes::TestCa ca_;
  EchoServer echo_;
  std::unique_ptr<Parent> parent_;
  Loop loop_;
  OriginOptions options_;
  AddressPolicy policy_{{}, Endpoint::parse("127.0.0.1:1").value()};
  std::unique_ptr<Dialler> dialler_;
};

INSTANTIATE_TEST_SUITE_P(, DiallerParent, testing::Values(Scheme::http, Scheme::https),
                         [](const auto& tested) { return tested.param == Scheme::http ? "http" : "https"; });

TEST_P(DiallerParent, leads_through_it_and_the_host_may_speak_first) {
  lead("ann:s3cret@");
  auto outcome = dial();
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(::fcntl(outcome->get(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(outcome->get(), F_GETFD) & FD_CLOEXEC);
  talk(*std::move(outcome), [](int socket) { EXPECT_EQ(receive(socket, 5), "hello"); });
  auto head = parent_->heads_text();
  EXPECT_THAT(head, HasSubstr("CONNECT host.test:443 HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nVia: 1.1 weir-test\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nProxy-Authorization: Basic YW5uOnMzY3JldA==\r\n"));
}

TEST_P(DiallerParent, carries_every_byte_and_both_ends) {
  lead();
  auto outcome = dial();
  ASSERT_TRUE(outcome) << outcome.error().message;
  std::string sent;
  for (size_t i = 0; sent.size() < (4 << 20); ++i) sent += std::to_string(i) + ",";
  talk(*std::move(outcome), [&](int socket) {
    EXPECT_EQ(receive(socket, 5), "hello");
    std::thread writer([&] {
      size_t done = 0;
      while (done < sent.size()) {
        auto put = ::send(socket, sent.data() + done, sent.size() - done, MSG_NOSIGNAL);
        if (put <= 0) break;
        done += static_cast<size_t>(put);
      }
      ::shutdown(socket, SHUT_WR);
    });
    auto got = receive(socket, sent.size());
    EXPECT_TRUE(got == sent) << got.size() << " of " << sent.size();
    EXPECT_EQ(receive(socket, 4), "bye");
    writer.join();
  });
}

TEST_P(DiallerParent, several_at_the_same_time) {
  lead();
  auto first = dial();
  auto second = dial();
  ASSERT_TRUE(first && second);
  talk(*std::move(second), [](int socket) { ::shutdown(socket, SHUT_RDWR); });
  talk(*std::move(first), [](int socket) {
    EXPECT_EQ(receive(socket, 5), "hello");
    EXPECT_EQ(::send(socket, "x", 1, MSG_NOSIGNAL), 1);
    EXPECT_EQ(receive(socket, 1), "x");
  });
  EXPECT_THAT(parent_->proxy().heads(), SizeIs(2));
}

TEST_P(DiallerParent, says_what_the_parent_said) {
  lead("ann:s3cret@");
  parent_->proxy().answer_with("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");
  auto outcome = dial();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, Kind::refused_tunnel);
  EXPECT_THAT(outcome.error().message, HasSubstr("does not take the user and the password"));
  EXPECT_THAT(outcome.error().message, Not(HasSubstr("s3cret")));
  EXPECT_THAT(parent_->proxy().heads(), SizeIs(1));
}

TEST_P(DiallerParent, addresses_are_judged_here) {
  lead();
  for (const char* host : {"10.0.0.1", "169.254.169.254", "127.0.0.1", "::1", "localhost"}) {
    auto outcome = dial(host);
    ASSERT_FALSE(outcome) << host;
    EXPECT_EQ(outcome.error().kind, Kind::refused_address) << host << ": " << outcome.error().message;
  }
  EXPECT_THAT(parent_->proxy().heads(), IsEmpty());
  EXPECT_TRUE(dial("93.184.215.14"));
}

TEST_P(DiallerParent, an_untrusted_one_is_refused) {
  lead();
  if (GetParam() == Scheme::http) return;
  dialler_ = std::make_unique<Dialler>(loop_, options_, policy_, fakes::TestCa("Another CA").pem());
  auto outcome = dial();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, Kind::bad_certificate);
  EXPECT_THAT(outcome.error().message, HasSubstr("The certificate of the parent proxy"));
}

TEST_P(DiallerParent, is_given_up_by_its_destruction) {
  lead();
  bool called = false;
  dialler_->dial("host.test", 443, [&](Outcome) { called = true; }).reset();
  dialler_->dial("10.0.0.1", 443, [&](Outcome) { called = true; }).reset();
  std::unique_ptr<Dial> second;
  second = dialler_->dial("host.test", 443, [&](Outcome outcome) {
    EXPECT_TRUE(outcome.has_value());
    second.reset();  // within its own callback
    loop_.stop();
  });
  run();
  EXPECT_FALSE(called);
}

TEST_P(DiallerParent, may_go_before_its_dials_and_tunnels) {
  lead();
  auto outcome = dial();
  auto refused = dialler_->dial("10.0.0.1", 443, [](Outcome) { FAIL(); });
  auto dialling = dialler_->dial("host.test", 443, [](Outcome) { FAIL(); });
  dialler_.reset();
  loop_.post([this] { loop_.stop(); });
  loop_.run();
  EXPECT_TRUE(outcome.has_value());
}

}  // namespace
}  // namespace weir::upstream
