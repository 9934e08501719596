// SPDX-License-Identifier: Apache-2.0
// Origins that are silent at one stage or another.
#include <gmock/gmock.h>
#include <netinet/tcp.h>

#include <filesystem>
#include <vector>

#include "tests/component/upstream/loopback_listener.h"
#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;
using testing::HasSubstr;

class OriginTimeouts : public OriginFixture {
 protected:
  // A server that says `answer` and then nothing until the client goes.
  void serve_and_hang(std::string answer) {
    serve([answer](fakes::TlsConnection& connection) {
      connection.read_head();
      connection.write(answer);
      connection.wait_for_end();
    });
  }

  void lead_to(const LoopbackListener& listener) {
    options_.connect_to = {"hub.test:443:127.0.0.1:" + std::to_string(listener.port())};
  }

  void expect_fault(Kind kind, const char* word) {
    ASSERT_TRUE(recorder_.fault);
    EXPECT_EQ(recorder_.fault->kind, kind);
    EXPECT_THAT(recorder_.fault->message, HasSubstr("hub.test:443"));
    EXPECT_THAT(recorder_.fault->message, HasSubstr(word));
  }
};

TEST_F(OriginTimeouts, no_first_byte) {
  options_.first_byte_timeout = Duration(50);
  serve_and_hang("");
  exchange(get());
  expect_fault(Kind::timeout, "did not begin its answer");
}

TEST_F(OriginTimeouts, a_head_that_does_not_end) {
  options_.first_byte_timeout = Duration(50);
  serve_and_hang("HTTP/1.1 200 OK\r\nContent-Le");
  exchange(get());
  expect_fault(Kind::timeout, "did not begin its answer");
}

TEST_F(OriginTimeouts, interim_heads_are_no_answer) {
  options_.first_byte_timeout = Duration(50);
  serve_and_hang("HTTP/1.1 102 Processing\r\n\r\n");
  exchange(get());
  expect_fault(Kind::timeout, "did not begin its answer");
}

TEST_F(OriginTimeouts, a_request_has_a_first_byte_timeout_of_its_own) {
  serve_and_hang("");
  auto request = get();
  request.first_byte_timeout = Duration(50);
  exchange(request);
  expect_fault(Kind::timeout, "0.05 s");
}

TEST_F(OriginTimeouts, a_body_that_stalls) {
  options_.stall_timeout = Duration(50);
  serve_and_hang("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  exchange(get());
  expect_fault(Kind::cut, "stalled");
  EXPECT_EQ(recorder_.data, "hello");
}

TEST_F(OriginTimeouts, an_origin_that_does_not_take_the_body) {
  options_.stall_timeout = Duration(100);
  serve([](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.wait_for_end_unread();
  });
  auto request = get("PUT");
  request.body = RequestBody::chunked;
  recorder_.body = [](std::span<char> buffer, bool&) {
    std::fill(buffer.begin(), buffer.end(), 'x');
    return buffer.size();
  };
  exchange(request);
  expect_fault(Kind::timeout, "took nothing");
}

// Nothing runs out while the observer holds the transfer back: it does so for four times as long as each time-out.
class HeldBack : public OriginTimeouts {
 protected:
  HeldBack() {
    options_.first_byte_timeout = Duration(50);
    options_.stall_timeout = Duration(50);
  }
  void after_a_while(std::function<void()> then) {
    later_ = std::make_unique<Timer>(loop_, std::move(then));
    later_->start(Duration(200));
  }
  std::unique_ptr<Timer> later_;
  std::unique_ptr<OriginTransfer> transfer_;
};

TEST_F(HeldBack, paused_reading_does_not_stall) {
  serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  bool ready = false;
  recorder_.ready = [&] {
    if (!ready) {
      after_a_while([&] {
        ready = true;
        transfer_->resume_reading();
      });
    }
    return ready;
  };
  transfer_ = start(get(), recorder_);
  run();
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.data, "hello");
}

TEST_F(HeldBack, a_paused_upload_has_no_first_byte_timeout) {
  serve([](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.read(2);
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  });
  auto request = get("PUT");
  request.body = RequestBody::length;
  request.body_length = 2;
  bool ready = false;
  recorder_.body = [&](std::span<char> buffer, bool&) -> size_t {
    if (!ready) {
      after_a_while([&] {
        ready = true;
        transfer_->resume_body();
      });
      return 0;
    }
    buffer[0] = buffer[1] = 'x';
    return 2;
  };
  transfer_ = start(request, recorder_);
  run();
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.data, "hello");
}

TEST_F(HeldBack, a_request_without_a_first_byte_timeout_may_be_silent_in_its_body) {
  serve_and_hang("HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n");
  recorder_.after_data = [this] { after_a_while([this] { loop_.stop(); }); };
  auto request = get();
  request.first_byte_timeout = Duration(0);
  transfer_ = start(request, recorder_);
  run();
  EXPECT_EQ(recorder_.done, 0U);
  EXPECT_EQ(recorder_.data, "data: 1\n\n");
}

TEST_F(OriginTimeouts, a_handshake_that_hangs) {
  LoopbackListener listener;
  lead_to(listener);
  options_.connect_timeout = Duration(50);
  exchange(get());
  expect_fault(Kind::timeout, "Cannot connect");
}

TEST_F(OriginTimeouts, an_address_that_does_not_answer) {
  LoopbackListener deaf(0);
  deaf.fill_queue();
  lead_to(deaf);
  options_.address_timeout = Duration(500);
  options_.connect_timeout = Duration(3'600'000);
  exchange(get());
  expect_fault(Kind::timeout, "Cannot connect");
}

// The TCP_USER_TIMEOUT of this process's connections to that port on 127.0.0.1.
std::vector<unsigned> limits_of_connections_to(uint16_t port) {
  std::vector<unsigned> limits;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    int fd = std::stoi(entry.path().filename());
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || ntohs(peer.sin_port) != port) continue;
    size = sizeof(unsigned);
    ::getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limits.emplace_back(1), &size);
  }
  return limits;
}

TEST_F(OriginTimeouts, a_connection_that_is_there_may_wait_for_its_peer) {
  serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  std::vector<unsigned> limits;
  recorder_.after_head = [&] { limits = limits_of_connections_to(server_->port()); };
  exchange(get());
  EXPECT_EQ(limits, std::vector<unsigned>{0});
}

}  // namespace
}  // namespace weir::upstream
