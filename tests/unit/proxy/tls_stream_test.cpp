// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls_stream.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "tests/unit/proxy/peer.h"
#include "tests/unit/proxy/tls_client.h"

namespace weir::proxy {
namespace {

class TlsStreamTest : public testing::TestWithParam<int> {
 protected:
  void connect(SocketPair pair = socket_pair()) {
    socket_ = pair.peer.get();
    start(std::make_unique<PlainStream>(std::move(pair.ours)), std::move(pair.peer), offered());
  }

  // A session over a stream of that class.
  template <typename Below>
  Below& connect_over(const TlsClientOptions& options) {
    auto pair = socket_pair();
    auto made = std::make_unique<Below>(std::move(pair.ours));
    auto& below = *made;
    start(std::move(made), std::move(pair.peer), options);
    shake_hands();
    return below;
  }

  TlsClientOptions offered() const {
    TlsClientOptions options;
    options.version = GetParam();
    return options;
  }

  void start(std::unique_ptr<Stream> below, UniqueFd peer, const TlsClientOptions& options) {
    server_ =
        std::make_unique<TlsStream>(std::move(below), fixture_.contexts.get("huggingface.co", wall_now()).value());
    client_ = std::make_unique<TlsClient>(std::move(peer), options);
  }

  void shake_hands() {
    IoStatus server = IoStatus::would_block;
    for (int flight = 0; flight < 10 && server == IoStatus::would_block; ++flight) {
      client_->shake_hands();
      server = server_->handshake().status;
    }
    ASSERT_EQ(server, IoStatus::ok);
    ASSERT_TRUE(client_->shake_hands());
    client_->read();  // tickets
  }

  TlsFixture fixture_;
  std::unique_ptr<TlsStream> server_;
  std::unique_ptr<TlsClient> client_;
  int socket_ = -1;  // the client's
  std::array<char, 32 << 10> buffer_;
};

std::string name_of_version(const testing::TestParamInfo<int>& tested) {
  return tested.param == TLS1_2_VERSION ? "tls_1_2" : "tls_1_3";
}

INSTANTIATE_TEST_SUITE_P(, TlsStreamTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION), name_of_version);

TEST_P(TlsStreamTest, waits_for_the_hello) {
  connect();
  EXPECT_EQ(server_->handshake(), (IoResult{IoStatus::would_block, 0}));
  EXPECT_EQ(server_->read_interest(), Interest::read);
}

TEST_P(TlsStreamTest, carries_bytes_both_ways) {
  connect();
  shake_hands();
  EXPECT_EQ(server_->read(buffer_), (IoResult{IoStatus::would_block, 0}));
  ASSERT_TRUE(client_->send("hello"));
  EXPECT_EQ(server_->read(buffer_), (IoResult{IoStatus::ok, 5}));
  EXPECT_EQ(std::string_view(buffer_.data(), 5), "hello");
  EXPECT_EQ(server_->write("you"), (IoResult{IoStatus::ok, 3}));
  EXPECT_EQ(client_->read(), "you");
}

// Takes so many bytes, and writes down how many came at a time.
class MeasuredStream : public PlainStream {
 public:
  using PlainStream::PlainStream;
  IoResult write(std::string_view bytes) override {
    if (room == 0) return {IoStatus::would_block, 0};
    auto result = PlainStream::write(bytes.substr(0, room));
    room -= result.bytes;
    writes.push_back(result.bytes);
    return result;
  }
  size_t room = std::numeric_limits<size_t>::max();
  std::vector<size_t> writes;
};

TEST_P(TlsStreamTest, writes_several_records_at_once) {
  auto& below = connect_over<MeasuredStream>(offered());
  below.writes.clear();
  auto bytes = some_bytes(200'000);
  EXPECT_EQ(server_->write(bytes), (IoResult{IoStatus::ok, 200'000}));
  EXPECT_EQ(below.writes.size(), 3U);
  EXPECT_TRUE(client_->read() == bytes);
}

// As few clients want, whose records have room for 512 bytes (RFC 6066, section 4): what is added to them costs no more
// memory than that of large ones.
TEST_P(TlsStreamTest, writes_small_records_too) {
  auto options = offered();
  options.fragment = TLSEXT_max_fragment_length_512;
  auto& below = connect_over<MeasuredStream>(options);
  ASSERT_EQ(SSL_SESSION_get_max_fragment_length(SSL_get_session(server_->session())), options.fragment);
  auto bytes = some_bytes(200'000);
  std::string received;
  for (size_t written = 0; written < bytes.size(); received += client_->read()) {
    auto result = server_->write(std::string_view(bytes).substr(written));
    ASSERT_NE(result.status, IoStatus::failed) << server_->failure();
    written += result.bytes;
  }
  received += client_->read();
  EXPECT_TRUE(received == bytes);
  EXPECT_LE(*std::max_element(below.writes.begin(), below.writes.end()), (96U << 10) + 1024);
}

// Of whose records the socket has taken a part.
class BlockedTlsStreamTest : public TlsStreamTest {
 protected:
  void block() {
    below_ = &connect_over<MeasuredStream>(offered());
    below_->room = 20'000;
    EXPECT_EQ(server_->write(bytes_), (IoResult{IoStatus::would_block, 0}));
    EXPECT_EQ(server_->write_interest(), Interest::write);
  }

  const std::string bytes_ = some_bytes(60'000);
  MeasuredStream* below_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(, BlockedTlsStreamTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION), name_of_version);

TEST_P(BlockedTlsStreamTest, keeps_the_other_records) {
  block();
  below_->room = 1 << 20;
  // Whoever comes with less of the same bytes is told that they are written, and they are so once.
  EXPECT_EQ(server_->write(std::string_view(bytes_).substr(0, 10'000)), (IoResult{IoStatus::ok, 10'000}));
  EXPECT_EQ(server_->write(std::string_view(bytes_).substr(10'000)), (IoResult{IoStatus::ok, 50'000}));
  EXPECT_EQ(server_->write("more"), (IoResult{IoStatus::ok, 4}));
  EXPECT_TRUE(client_->read() == bytes_ + "more");
}

TEST_P(BlockedTlsStreamTest, ends_behind_them) {
  block();
  EXPECT_EQ(server_->end_output(), IoStatus::would_block);
  below_->room = 1 << 20;
  EXPECT_EQ(server_->end_output(), IoStatus::ok);
  EXPECT_TRUE(client_->read() == bytes_);
  EXPECT_TRUE(client_->ended());
}

TEST_P(BlockedTlsStreamTest, fails_when_the_client_is_gone) {
  block();
  client_.reset();
  below_->room = 1 << 20;
  while (server_->write(bytes_).status == IoStatus::ok) {
  }
  EXPECT_EQ(server_->write(bytes_).status, IoStatus::failed);
  EXPECT_EQ(server_->failure(), "the connection was closed");
}

// What is decrypted already is not seen by the socket's readiness.
TEST_P(TlsStreamTest, says_what_it_has_decrypted) {
  connect();
  shake_hands();
  ASSERT_TRUE(client_->send(std::string(10'000, 'x')));
  EXPECT_FALSE(server_->has_buffered_input());
  EXPECT_EQ(server_->read(std::span(buffer_).first(4'000)), (IoResult{IoStatus::ok, 4'000}));
  EXPECT_TRUE(server_->has_buffered_input());
  EXPECT_EQ(server_->read(buffer_), (IoResult{IoStatus::ok, 6'000}));
  EXPECT_FALSE(server_->has_buffered_input());
}

TEST_P(TlsStreamTest, writes_as_much_as_the_socket_takes_and_then_the_rest) {
  connect();
  shake_hands();
  auto bytes = some_bytes(4 << 20);
  std::string received;
  size_t written = 0;
  size_t blocked = 0;
  while (written < bytes.size()) {
    // From a place of its own each time: the bytes may move, and more may have come behind them.
    auto rest = std::make_unique<std::string>(bytes.substr(written, blocked % 2 == 0 ? std::string::npos : 2 << 20));
    auto result = server_->write(*rest);
    if (result.status == IoStatus::would_block) {
      ++blocked;
      received += client_->read();
      continue;
    }
    ASSERT_EQ(result.status, IoStatus::ok);
    ASSERT_GT(result.bytes, 0U);
    written += result.bytes;
  }
  received += client_->read();
  EXPECT_GT(blocked, 0U);
  EXPECT_EQ(server_->write_interest(), Interest::write);
  EXPECT_TRUE(received == bytes);
}

TEST_P(TlsStreamTest, ends_its_direction_with_a_close_notify) {
  connect();
  shake_hands();
  server_->write("last");
  server_->end_output();
  EXPECT_EQ(client_->read(), "last");
  EXPECT_TRUE(client_->ended());
}

TEST_P(TlsStreamTest, is_cut_without_a_close_notify) {
  connect();
  shake_hands();
  server_->write("part");
  server_.reset();
  EXPECT_EQ(client_->read(), "part");
  EXPECT_FALSE(client_->ended());
  EXPECT_TRUE(client_->failed());
}

TEST_P(TlsStreamTest, tells_a_proper_end_from_a_cut) {
  connect();
  shake_hands();
  client_->end();
  EXPECT_EQ(server_->read(buffer_), (IoResult{IoStatus::closed, 0}));

  connect();
  shake_hands();
  ::shutdown(socket_, SHUT_WR);
  EXPECT_EQ(server_->read(buffer_), (IoResult{IoStatus::failed, 0}));
  EXPECT_NE(server_->failure(), "");
}

// A client's TLS inside the TLS of the proxy's port.
class Nested {
 public:
  Nested(TlsFixture& fixture, SocketPair outside, int version) : inside_(socket_pair()) {
    TlsClientOptions options;
    options.version = version;
    outer_ = std::make_unique<TlsClient>(std::move(outside.peer), options);
    client = std::make_unique<TlsClient>(std::move(inside_.peer), options);
    auto tls = fixture.contexts.get("huggingface.co", wall_now()).value();
    server = std::make_unique<TlsStream>(std::make_unique<PlainStream>(std::move(outside.ours)), tls);
    for (int flight = 0; flight < 10; ++flight) outer_->shake_hands(), server->handshake();
    server = std::make_unique<TlsStream>(std::move(server), tls);
    for (int flight = 0; flight < 10; ++flight) client->shake_hands(), carry(), server->handshake(), carry();
  }

  // Moves bytes between the client's inner TLS and its outer one.
  void carry() {
    char bytes[8 << 10];
    for (ssize_t got; (got = ::recv(inside_.ours.get(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
      EXPECT_TRUE(outer_->send({bytes, static_cast<size_t>(got)}));
    down_ += outer_->read();
    auto put = ::send(inside_.ours.get(), down_.data(), down_.size(), MSG_DONTWAIT);
    if (put > 0) down_.erase(0, static_cast<size_t>(put));
  }
  bool outer_ended() const { return outer_->ended(); }

  std::unique_ptr<TlsStream> server;
  std::unique_ptr<TlsClient> client;

 private:
  SocketPair inside_;
  std::unique_ptr<TlsClient> outer_;
  std::string down_;  // the outer client has it, the inner one not yet
};

TEST_P(TlsStreamTest, carries_bytes_inside_another_session) {
  Nested nested(fixture_, socket_pair(), GetParam());
  nested.client->read();
  ASSERT_TRUE(nested.client->send("hello"));
  nested.carry();
  EXPECT_EQ(nested.server->read(buffer_), (IoResult{IoStatus::ok, 5}));
  EXPECT_EQ(nested.server->read(buffer_), (IoResult{IoStatus::would_block, 0}));
  EXPECT_FALSE(nested.server->has_buffered_input());

  auto bytes = some_bytes(1 << 20);
  std::string received;
  for (size_t sent = 0; received.size() < bytes.size();) {
    auto [status, put] = nested.server->write(std::string_view(bytes).substr(sent));
    ASSERT_TRUE(status == IoStatus::ok || status == IoStatus::would_block || sent == bytes.size());
    sent += put;
    nested.carry();
    received += nested.client->read();
    ASSERT_FALSE(nested.client->failed());
  }
  EXPECT_TRUE(received == bytes);
}

// Several inner records in one outer record: what the outer session has decrypted is not seen by the socket's
// readiness.
TEST_P(TlsStreamTest, says_what_the_session_below_has_decrypted) {
  Nested nested(fixture_, socket_pair(), GetParam());
  ASSERT_TRUE(nested.client->send("one"));
  ASSERT_TRUE(nested.client->send("two"));
  nested.carry();
  EXPECT_EQ(nested.server->read(buffer_), (IoResult{IoStatus::ok, 3}));
  EXPECT_TRUE(nested.server->has_buffered_input());
  EXPECT_EQ(nested.server->read(buffer_), (IoResult{IoStatus::ok, 3}));
  EXPECT_FALSE(nested.server->has_buffered_input());
}

TEST_P(TlsStreamTest, ends_both_sessions) {
  Nested nested(fixture_, socket_pair(), GetParam());
  nested.server->write("last");
  EXPECT_EQ(nested.server->end_output(), IoStatus::ok);
  nested.carry();
  EXPECT_EQ(nested.client->read(), "last");
  EXPECT_TRUE(nested.client->ended());
  EXPECT_TRUE(nested.outer_ended());
}

TEST_P(TlsStreamTest, waits_with_its_end_until_the_socket_takes_it) {
  auto& below = connect_over<MeasuredStream>(offered());
  server_->write("last");
  below.room = 0;
  EXPECT_EQ(server_->end_output(), IoStatus::would_block);
  EXPECT_EQ(server_->write_interest(), Interest::write);
  EXPECT_EQ(client_->read(), "last");
  EXPECT_FALSE(client_->ended());
  below.room = 1 << 20;
  EXPECT_EQ(server_->end_output(), IoStatus::ok);
  client_->read();
  EXPECT_TRUE(client_->ended());
}

TEST_P(TlsStreamTest, fails_on_what_is_no_tls) {
  auto pair = socket_pair();
  Peer peer(std::move(pair.peer));
  TlsStream server(std::make_unique<PlainStream>(std::move(pair.ours)),
                   fixture_.contexts.get("huggingface.co", wall_now()).value());
  peer.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(server.handshake(), (IoResult{IoStatus::failed, 0}));
  EXPECT_NE(server.failure(), "");
  server.end_output();
  peer.poll();
  EXPECT_TRUE(peer.ended);
}

TEST_P(TlsStreamTest, fails_when_a_record_was_changed) {
  connect();
  shake_hands();
  // Behind OpenSSL's back: a record of application data that nobody encrypted.
  std::string forged = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  ASSERT_EQ(::send(socket_, forged.data(), forged.size(), 0), static_cast<ssize_t>(forged.size()));
  EXPECT_EQ(server_->read(buffer_), (IoResult{IoStatus::failed, 0}));
}

TEST_P(TlsStreamTest, fails_when_the_client_leaves_during_the_handshake) {
  connect();
  client_->shake_hands();
  client_.reset();
  EXPECT_EQ(server_->handshake().status, IoStatus::failed);
}

}  // namespace
}  // namespace weir::proxy
