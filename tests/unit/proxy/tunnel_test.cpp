// SPDX-License-Identifier: Apache-2.0
#include "proxy/tunnel.h"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "proxy/tls_stream.h"
#include "tests/unit/proxy/peer.h"
#include "tests/unit/proxy/tls_client.h"

namespace weir::proxy {
namespace {

constexpr std::string_view kGreeting = "HTTP/1.1 200 Connection established\r\n\r\n";
constexpr Duration kNever{600'000};

class TunnelTest : public testing::Test {
 protected:
  void SetUp() override { connect(socket_pair(), socket_pair()); }

  void connect(SocketPair client, SocketPair host) {
    client_ = Peer(std::move(client.peer));
    host_ = Peer(std::move(host.peer));
    client_side_ = std::move(client.ours);
    host_side_ = std::move(host.ours);
  }

  void start(Duration idle_timeout = kNever) {
    tunnel_ = std::make_unique<Tunnel>(loop_, std::make_unique<PlainStream>(std::move(client_side_)),
                                       std::make_unique<PlainStream>(std::move(host_side_)), idle_timeout,
                                       [this] { ++closed_; });
    tunnel_->start(kGreeting);
  }

  bool run_until_so(const std::function<bool()>& met) {
    return static_cast<bool>(run_until(loop_, [&] {
      client_.poll();
      host_.poll();
      return met();
    }));
  }

  // What the client got behind the greeting.
  std::string to_client() const {
    EXPECT_TRUE(client_.received.starts_with(kGreeting.substr(0, client_.received.size())));
    return client_.received.substr(std::min(client_.received.size(), kGreeting.size()));
  }

  Loop loop_;
  UniqueFd client_side_;
  UniqueFd host_side_;
  Peer client_;
  Peer host_;
  std::unique_ptr<Tunnel> tunnel_;
  int closed_ = 0;
};

TEST_F(TunnelTest, greets_the_client_and_nobody_else) {
  start();
  run_what_is_ready(loop_);
  client_.poll();
  host_.poll();
  EXPECT_EQ(client_.received, kGreeting);
  EXPECT_EQ(host_.received, "");
  EXPECT_EQ(tunnel_->bytes_to_client(), 0U);
}

TEST_F(TunnelTest, carries_every_byte_both_ways_at_once) {
  auto up = some_bytes(3 << 20);
  auto down = std::string(up.rbegin(), up.rend());
  start();
  client_.send(up);
  host_.send(down);
  ASSERT_TRUE(run_until_so([&] { return host_.received.size() == up.size() && to_client().size() == down.size(); }));
  EXPECT_TRUE(host_.received == up);
  EXPECT_TRUE(to_client() == down);
  EXPECT_EQ(tunnel_->bytes_to_host(), up.size());
  EXPECT_EQ(tunnel_->bytes_to_client(), down.size());
}

TEST_F(TunnelTest, carries_all_bytes_there_are) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  start();
  client_.send(all);
  host_.send(all);
  ASSERT_TRUE(run_until_so([&] { return host_.received.size() == all.size() && to_client().size() == all.size(); }));
  EXPECT_EQ(host_.received, all);
  EXPECT_EQ(to_client(), all);
}

// A host that speaks first: its bytes count, Weir's own greeting does not.
TEST_F(TunnelTest, counts_what_the_host_said_before_the_tunnel_began) {
  host_.send("220 welcome");
  start();
  ASSERT_TRUE(run_until_so([&] { return to_client() == "220 welcome"; }));
  EXPECT_EQ(tunnel_->bytes_to_client(), 11U);
}

TEST_F(TunnelTest, greets_a_client_whose_buffer_is_full) {
  auto client = socket_pair();
  const std::string stuffing(1 << 20, 's');
  size_t stuffed = 0;
  for (ssize_t put; (put = ::write(client.ours.get(), stuffing.data(), stuffing.size())) > 0;)
    stuffed += static_cast<size_t>(put);
  connect(std::move(client), socket_pair());
  start();
  host_.send("behind");
  ASSERT_TRUE(run_until_so([&] { return client_.received.ends_with("behind"); }));
  EXPECT_EQ(client_.received.substr(stuffed), std::string(kGreeting) + "behind");
  EXPECT_EQ(tunnel_->bytes_to_client(), 6U);
}

TEST_F(TunnelTest, passes_the_clients_end_on_and_still_carries_answers) {
  start();
  client_.send("question");
  client_.end_output();
  ASSERT_TRUE(run_until_so([&] { return host_.ended; }));
  EXPECT_EQ(host_.received, "question");
  EXPECT_EQ(closed_, 0);
  auto answer = some_bytes(1 << 20);
  host_.send(answer);
  ASSERT_TRUE(run_until_so([&] { return to_client().size() == answer.size(); }));
  EXPECT_TRUE(to_client() == answer);
  EXPECT_FALSE(client_.ended);
  host_.end_output();
  ASSERT_TRUE(run_until_so([&] { return closed_ > 0; }));
  EXPECT_EQ(closed_, 1);
}

TEST_F(TunnelTest, passes_the_hosts_end_on_and_still_carries_questions) {
  start();
  host_.send("bye");
  host_.end_output();
  ASSERT_TRUE(run_until_so([&] { return client_.ended; }));
  EXPECT_EQ(to_client(), "bye");
  EXPECT_EQ(closed_, 0);
  client_.send("but");
  ASSERT_TRUE(run_until_so([&] { return host_.received == "but"; }));
  client_.end_output();
  ASSERT_TRUE(run_until_so([&] { return closed_ > 0; }));
  EXPECT_TRUE(host_.ended || (host_.poll(), host_.ended));
}

// The end comes behind all bytes, also when the other side is slow to take them.
TEST_F(TunnelTest, holds_the_end_back_until_the_bytes_are_through) {
  auto bytes = some_bytes(4 << 20);
  start();
  host_.reads_at_most = 10'000;
  client_.send(bytes);
  bool said = false;
  ASSERT_TRUE(run_until_so([&] {
    if (client_.unsent() == 0 && !said) client_.end_output(), said = true;
    return host_.ended;
  }));
  EXPECT_TRUE(host_.received == bytes);
}

TEST_F(TunnelTest, waits_for_a_side_that_does_not_read) {
  start();
  run_what_is_ready(loop_);
  host_.reads = false;
  auto bytes = some_bytes(16 << 20);
  client_.send(bytes);
  auto taken = [&] { return tunnel_->bytes_to_host(); };
  uint64_t last = UINT64_MAX;
  ASSERT_TRUE(run_until_so([&] { return std::exchange(last, taken()) == taken() && taken() > 0; }));
  run_what_is_ready(loop_);
  client_.poll();
  // What fits into sockets and the tunnel's buffer has left the client, and no more.
  EXPECT_GT(client_.unsent(), bytes.size() - (1 << 20));
  // The other direction is not held up.
  host_.send("news");
  ASSERT_TRUE(run_until_so([&] { return to_client() == "news"; }));
  host_.reads = true;
  ASSERT_TRUE(run_until_so([&] { return host_.received.size() == bytes.size(); }));
  EXPECT_TRUE(host_.received == bytes);
}

TEST_F(TunnelTest, ends_when_no_byte_moves_for_long) {
  start(Duration(30));
  ASSERT_TRUE(run_until_so([&] { return closed_ > 0; }));
  EXPECT_EQ(closed_, 1);
  tunnel_.reset();
  ASSERT_TRUE(run_until_so([&] { return client_.ended && host_.ended; }));
}

TEST_F(TunnelTest, ends_when_a_side_takes_nothing_for_long) {
  start(Duration(50));
  host_.reads = false;
  client_.send(some_bytes(16 << 20));
  ASSERT_TRUE(run_until_so([&] { return closed_ > 0; }));
  EXPECT_LT(tunnel_->bytes_to_host(), 16U << 20);
}

class TunnelResets : public TunnelTest, public testing::WithParamInterface<bool> {};

TEST_P(TunnelResets, end_it_once) {
  connect(tcp_pair(), tcp_pair());
  start();
  run_what_is_ready(loop_);
  auto& leaving = GetParam() ? client_ : host_;
  auto& other = GetParam() ? host_ : client_;
  linger at_once{1, 0};
  ::setsockopt(leaving.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  leaving.leave();
  ASSERT_TRUE(run_until_so([&] { return closed_ > 0; }));
  tunnel_.reset();
  ASSERT_TRUE(run_until_so([&] { return other.ended || other.reset; }));
  EXPECT_EQ(closed_, 1);
}

INSTANTIATE_TEST_SUITE_P(, TunnelResets, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "of_the_client" : "of_the_host"; });

TEST_F(TunnelTest, may_be_destroyed_with_bytes_under_way) {
  start();
  host_.reads = false;
  client_.send(some_bytes(1 << 20));
  run_what_is_ready(loop_);
  tunnel_.reset();
  run_what_is_ready(loop_);
  EXPECT_EQ(closed_, 0);
}

// The client's side under the TLS of the proxy's port.
class TlsTunnelTest : public testing::Test {
 protected:
  void SetUp() override {
    auto client = socket_pair();
    auto host = socket_pair();
    host_ = Peer(std::move(host.peer));
    client_ = std::make_unique<TlsClient>(std::move(client.peer), TlsClientOptions{});
    auto stream = std::make_unique<TlsStream>(std::make_unique<PlainStream>(std::move(client.ours)),
                                              fixture_.contexts.get("huggingface.co", wall_now()).value());
    for (int flight = 0; flight < 10; ++flight) client_->shake_hands(), stream->handshake();
    tunnel_ = std::make_unique<Tunnel>(loop_, std::move(stream), std::make_unique<PlainStream>(std::move(host.ours)),
                                       kNever, [this] { ++closed_; });
    tunnel_->start(kGreeting);
  }

  bool run_until_so(const std::function<bool()>& met) {
    return static_cast<bool>(run_until(loop_, [&] {
      host_.poll();
      received_ += client_->read();
      return met();
    }));
  }

  TlsFixture fixture_;
  Loop loop_;
  Peer host_;
  std::unique_ptr<TlsClient> client_;
  std::string received_;
  std::unique_ptr<Tunnel> tunnel_;
  int closed_ = 0;
};

TEST_F(TlsTunnelTest, carries_bytes_and_ends_both_ways) {
  auto down = some_bytes(3 << 20);
  host_.send(down);
  ASSERT_TRUE(run_until_so([&] { return received_.size() == kGreeting.size() + down.size(); }));
  EXPECT_TRUE(received_ == std::string(kGreeting) + down);
  host_.end_output();
  ASSERT_TRUE(run_until_so([&] { return client_->ended(); }));
  EXPECT_EQ(closed_, 0);
  ASSERT_TRUE(client_->send("but"));
  client_->end();
  ASSERT_TRUE(run_until_so([&] { return closed_ > 0 && host_.ended; }));
  EXPECT_EQ(host_.received, "but");
}

// More than the tunnel carries in one turn, in a few large writes: the last bytes are decrypted already when the socket
// is empty.
TEST_F(TlsTunnelTest, carries_what_was_decrypted_when_nothing_more_comes) {
  auto up = some_bytes(60 << 10);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(client_->send(up));
    ASSERT_TRUE(run_until_so([&] { return host_.received.size() == (static_cast<size_t>(i) + 1) * up.size(); }));
  }
}

TEST_F(TlsTunnelTest, ends_when_the_client_is_cut_off) {
  client_.reset(new TlsClient(socket_pair().peer, TlsClientOptions{}));
  ASSERT_TRUE(static_cast<bool>(run_until(loop_, [&] { return closed_ > 0; })));
}

}  // namespace
}  // namespace weir::proxy
