// SPDX-License-Identifier: Apache-2.0
#include "upstream/dialler.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/tcp.h>

#include "tests/component/upstream/loopback_listener.h"

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;
using Outcome = tl::expected<UniqueFd, OriginFault>;

class DiallerTest : public testing::Test {
 protected:
  std::optional<Outcome> dial(const std::string& host, uint16_t port) {
    Dialler dialler(loop_, options_, policy());
    std::optional<Outcome> result;
    auto dial = dialler.dial(host, port, [&](Outcome outcome) {
      result = std::move(outcome);
      loop_.stop();
    });
    EXPECT_FALSE(result) << "called from within dial()";
    loop_.run();
    return result;
  }

  const AddressPolicy& policy() {
    policy_.emplace(reach_, Endpoint::parse("127.0.0.1:1").value());
    return *policy_;
  }
  void allow_loopback() { reach_.allow_private = {Cidr::parse("127.0.0.0/8").value(), Cidr::parse("::1").value()}; }

  Loop loop_;
  OriginOptions options_;
  ReachOptions reach_;
  std::optional<AddressPolicy> policy_;
  LoopbackListener listener_;
};

TEST_F(DiallerTest, hands_over_a_connection_that_outlives_it) {
  allow_loopback();
  auto outcome = dial("127.0.0.1", listener_.port());
  ASSERT_TRUE(outcome && *outcome);
  auto& socket = **outcome;
  EXPECT_TRUE(::fcntl(socket.get(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC);
  auto peer = listener_.accept();
  char byte = 'a';
  EXPECT_EQ(::send(socket.get(), &byte, 1, 0), 1);
  EXPECT_EQ(::recv(peer.get(), &byte, 1, 0), 1);
  byte = 'b';
  EXPECT_EQ(::send(peer.get(), &byte, 1, 0), 1);
  pollfd readable{socket.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&readable, 1, 10'000), 1);
  EXPECT_EQ(::recv(socket.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'b');
}

TEST_F(DiallerTest, hands_over_a_connection_that_may_wait_for_its_peer) {
  allow_loopback();
  auto outcome = dial("127.0.0.1", listener_.port());
  ASSERT_TRUE(outcome && *outcome);
  unsigned limit = 1;
  socklen_t size = sizeof limit;
  ASSERT_EQ(::getsockopt((*outcome)->get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, &size), 0);
  EXPECT_EQ(limit, 0U);
}

TEST_F(DiallerTest, gives_up_an_address_that_does_not_answer) {
  allow_loopback();
  LoopbackListener deaf(0);
  deaf.fill_queue();
  options_.address_timeout = Duration(500);
  options_.connect_timeout = Duration(3'600'000);
  auto outcome = dial("127.0.0.1", deaf.port());
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().kind, Kind::timeout);
  EXPECT_THAT(outcome->error().message, testing::HasSubstr("127.0.0.1"));
}

TEST_F(DiallerTest, tries_all_addresses_of_a_name) {
  allow_loopback();
  // ::1 comes first where it is there, and nobody listens on it.
  auto outcome = dial("localhost", listener_.port());
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->has_value());
}

TEST_F(DiallerTest, a_refused_address_does_not_keep_others_from_being_tried) {
  reach_.allow_private = {Cidr::parse("127.0.0.0/8").value()};
  auto outcome = dial("localhost", listener_.port());
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->has_value());
}

TEST_F(DiallerTest, refuses_addresses_by_policy_before_any_packet) {
  for (const char* host : {"127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"}) {
    auto outcome = dial(host, listener_.port());
    ASSERT_TRUE(outcome && !*outcome) << host;
    EXPECT_EQ(outcome->error().kind, Kind::refused_address) << host << ": " << outcome->error().message;
    EXPECT_THAT(outcome->error().message, testing::HasSubstr("[tunnel] allow_private"));
  }
  EXPECT_FALSE(listener_.has_caller());
}

TEST_F(DiallerTest, connect_to_applies_and_is_the_operators_choice) {
  options_.connect_to = {"hub.test:443:127.0.0.1:" + std::to_string(listener_.port())};
  auto outcome = dial("hub.test", 443);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->has_value());
  EXPECT_TRUE(listener_.has_caller());
}

TEST_F(DiallerTest, says_why_not) {
  allow_loopback();
  listener_.close();
  auto closed = dial("127.0.0.1", listener_.port());
  ASSERT_TRUE(closed && !*closed);
  EXPECT_EQ(closed->error().kind, Kind::unreachable);
  EXPECT_THAT(closed->error().message, testing::HasSubstr("127.0.0.1"));
  auto unknown = dial("no-such-name.invalid", 443);
  ASSERT_TRUE(unknown && !*unknown);
  EXPECT_EQ(unknown->error().kind, Kind::unreachable);
  auto odd = dial("user@127.0.0.1", 443);
  ASSERT_TRUE(odd && !*odd);
  EXPECT_EQ(odd->error().kind, Kind::unreachable);
}

TEST_F(DiallerTest, is_given_up_by_its_destruction) {
  allow_loopback();
  Dialler dialler(loop_, options_, policy());
  bool called = false;
  dialler.dial("127.0.0.1", listener_.port(), [&](Outcome) { called = true; }).reset();
  auto odd = dialler.dial("", 443, [&](Outcome) { called = true; });
  odd.reset();
  std::unique_ptr<Dial> second;
  second = dialler.dial("127.0.0.1", listener_.port(), [&](Outcome outcome) {
    EXPECT_TRUE(outcome.has_value());
    second.reset();  // within its own callback
    loop_.stop();
  });
  loop_.run();
  EXPECT_FALSE(called);
}

TEST_F(DiallerTest, may_go_before_its_dials) {
  allow_loopback();
  auto dialler = std::make_unique<Dialler>(loop_, options_, policy());
  auto dial = dialler->dial("127.0.0.1", listener_.port(), [](Outcome) { FAIL(); });
  dialler.reset();
  loop_.post([this] { loop_.stop(); });
  loop_.run();
}

}  // namespace
}  // namespace weir::upstream
