// SPDX-License-Identifier: Apache-2.0
#include "proxy/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <vector>

#include "tests/unit/proxy/peer.h"

namespace weir::proxy {
namespace {

UniqueFd listen_anywhere(const char* endpoint = "127.0.0.1:0") {
  auto listener = listen_on(Endpoint::parse(endpoint).value());
  EXPECT_TRUE(listener) << listener.error().message;
  return listener ? std::move(*listener) : UniqueFd();
}

// A client's socket, connected; empty when that was refused.
UniqueFd connect_to(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  bool there = ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  return there ? std::move(fd) : UniqueFd();
}

class AcceptorTest : public testing::Test {
 protected:
  void start() {
    auto listener = listen_anywhere();
    endpoint_ = bound_endpoint(listener.get()).value();
    acceptor_.emplace(loop_, std::move(listener), [this](UniqueFd fd, IpAddress client) {
      adopted_.push_back(std::move(fd));
      clients_.push_back(client.text());
    });
  }

  Loop loop_;
  Endpoint endpoint_;
  std::optional<Acceptor> acceptor_;
  std::vector<UniqueFd> adopted_;
  std::vector<std::string> clients_;
};

TEST_F(AcceptorTest, hands_each_connection_over_with_its_client) {
  start();
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 20; ++i) sockets.push_back(connect_to(endpoint_));
  ASSERT_TRUE(run_until(loop_, [&] { return adopted_.size() == sockets.size(); }));
  for (const auto& client : clients_) EXPECT_EQ(client, "127.0.0.1");
  ASSERT_EQ(::write(sockets[7].get(), "x", 1), 1);
  size_t readable = 0;
  ASSERT_TRUE(run_until(loop_, [&] {
    char byte;
    for (auto& fd : adopted_) readable += ::read(fd.get(), &byte, 1) == 1;
    return readable > 0;
  }));
  EXPECT_EQ(readable, 1U);
}

TEST_F(AcceptorTest, gives_sockets_that_fit_a_loop) {
  start();
  auto socket = connect_to(endpoint_);
  ASSERT_TRUE(run_until(loop_, [&] { return !adopted_.empty(); }));
  int fd = adopted_.front().get();
  EXPECT_TRUE(::fcntl(fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
}

TEST_F(AcceptorTest, listens_no_more_once_stopped) {
  start();
  auto socket = connect_to(endpoint_);
  ASSERT_TRUE(run_until(loop_, [&] { return adopted_.size() == 1; }));
  acceptor_->stop();
  EXPECT_FALSE(connect_to(endpoint_));
  run_what_is_ready(loop_);
  EXPECT_EQ(adopted_.size(), 1U);
}

// Lowers the limit on open descriptors to what is open now and `left` more.
class FewDescriptorsLeft {
 public:
  explicit FewDescriptorsLeft(rlim_t left) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    UniqueFd next(::fcntl(0, F_DUPFD_CLOEXEC, 0));
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(next.get()) + left;
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~FewDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// However many are in use before the first client comes.
TEST_F(AcceptorTest, shares_what_is_left_at_its_start) {
  std::vector<UniqueFd> in_use;
  for (int i = 0; i < 100; ++i) in_use.emplace_back(::fcntl(0, F_DUPFD_CLOEXEC, 0));
  start();
  EXPECT_TRUE(acceptor_->check_room());
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 8; ++i) sockets.push_back(connect_to(endpoint_));
  FewDescriptorsLeft few(32);
  EXPECT_TRUE(acceptor_->check_room());
  ASSERT_TRUE(run_until(loop_, [&] { return adopted_.size() == sockets.size(); }));
}

TEST_F(AcceptorTest, says_when_too_few_are_left) {
  start();
  FewDescriptorsLeft few(6);
  auto room = acceptor_->check_room();
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().code, ErrorCode::no_descriptors);
  EXPECT_NE(room.error().message.find("ulimit -n"), std::string::npos) << room.error().message;
}

TEST_F(AcceptorTest, recovers_when_descriptors_had_run_out) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "UBSan looks at objects by a pipe, and takes them for wrong where it cannot have one";
#endif
  start();
  auto first = connect_to(endpoint_);
  ASSERT_TRUE(first);
  {
    FewDescriptorsLeft none(0);
    run_what_is_ready(loop_);
    EXPECT_TRUE(adopted_.empty());
  }
  ASSERT_TRUE(run_until(loop_, [&] { return adopted_.size() == 1; }));
}

TEST(ListenTest, says_which_port_it_got) {
  auto listener = listen_anywhere();
  auto endpoint = bound_endpoint(listener.get()).value();
  EXPECT_EQ(endpoint.address, IpAddress::parse("127.0.0.1"));
  EXPECT_NE(endpoint.port, 0);
  EXPECT_TRUE(connect_to(endpoint));
}

TEST(ListenTest, a_port_that_is_taken_is_busy) {
  auto listener = listen_anywhere();
  auto endpoint = bound_endpoint(listener.get()).value();
  auto second = listen_on(endpoint);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_NE(second.error().message.find(endpoint.text()), std::string::npos) << second.error().message;
}

TEST(ListenTest, a_port_is_free_again_at_once) {
  auto listener = listen_anywhere();
  auto endpoint = bound_endpoint(listener.get()).value();
  auto client = connect_to(endpoint);
  UniqueFd accepted(::accept(listener.get(), nullptr, nullptr));
  accepted.reset();  // first, so that this side keeps the port in TIME_WAIT
  client.reset();
  listener.reset();
  EXPECT_TRUE(listen_on(endpoint));
}

TEST(ListenTest, an_address_of_another_machine_is_an_error) {
  auto listener = listen_on(Endpoint::parse("192.0.2.1:0").value());
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, ErrorCode::io);
}

TEST(ListenTest, listens_on_ipv6) {
  auto listener = listen_on(Endpoint::parse("[::1]:0").value());
  if (!listener) GTEST_SKIP() << "this machine has no IPv6: " << listener.error().message;
  auto endpoint = bound_endpoint(listener->get()).value();
  EXPECT_EQ(endpoint.address, IpAddress::parse("::1"));
  EXPECT_NE(endpoint.port, 0);
}

}  // namespace
}  // namespace weir::proxy
