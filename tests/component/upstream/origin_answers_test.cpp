// SPDX-License-Identifier: Apache-2.0
// Answers that are whole and right.
#include <gmock/gmock.h>

#include <cstring>

#include "base/digest.h"
#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {
namespace {

using OriginAnswers = OriginFixture;

TEST_F(OriginAnswers, length_body) {
  serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\nhello");
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.head, (http::ResponseHead{200, "OK", 1, {{"Content-Length", "5"}, {"ETag", "\"a\""}}}));
  EXPECT_EQ(recorder_.data, "hello");
}

TEST_F(OriginAnswers, chunked_body_loses_its_coding_and_trailers) {
  serve_answer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
      "3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n");
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.head->fields, http::Fields());
  EXPECT_EQ(recorder_.data, "hello");
}

TEST_F(OriginAnswers, close_delimited_body_with_a_proper_end) {
  serve([](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\n\r\nhello");
  });
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.data, "hello");
}

TEST_F(OriginAnswers, head_has_a_length_and_no_body) {
  serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  exchange(get("HEAD"));
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.head->fields.get("Content-Length"), "5");
  EXPECT_EQ(recorder_.data, "");
}

TEST_F(OriginAnswers, not_modified_has_no_body) {
  serve_answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n");
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.head->status, 304);
}

TEST_F(OriginAnswers, redirects_are_not_followed_and_content_is_not_decoded) {
  serve_answer(
      "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\nContent-Encoding: gzip\r\n"
      "Set-Cookie: a=b\r\nContent-Length: 4\r\n\r\n\x1f\x8bzz");
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.head->fields.get("Location"), "https://elsewhere.test/");
  EXPECT_EQ(recorder_.data, "\x1f\x8bzz");
}

TEST_F(OriginAnswers, interim_heads_are_swallowed) {
  serve_answer(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.head->status, 200);
  EXPECT_EQ(recorder_.data, "ok");
}

TEST_F(OriginAnswers, errors_are_answers) {
  serve_answer("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno");
  exchange(get());
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.head->status, 401);
  EXPECT_EQ(recorder_.data, "no");
}

TEST_F(OriginAnswers, connections_are_reused) {
  serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  for (int i = 0; i < 3; ++i) {
    Recorder recorder(loop_);
    auto transfer = start(get(), recorder);
    run();
    EXPECT_EQ(recorder.data, "hello");
  }
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(OriginAnswers, a_connection_that_died_idle_is_replaced) {
  serve([](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  });
  for (int i = 0; i < 3; ++i) {
    Recorder recorder(loop_);
    auto transfer = start(get(), recorder);
    run();
    EXPECT_EQ(recorder.fault, std::nullopt);
  }
  EXPECT_EQ(server_->connections(), 3U);
}

// 64 MiB of which each block differs.
std::string block(size_t number) {
  std::string bytes(1 << 20, '\0');
  uint64_t state = number + 1;
  for (size_t at = 0; at < bytes.size(); at += sizeof state) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    std::memcpy(&bytes[at], &state, sizeof state);
  }
  return bytes;
}
constexpr size_t kBlocks = 64;

void write_blocks(fakes::TlsConnection& connection, bool chunked) {
  for (size_t i = 0; i < kBlocks; ++i) {
    auto bytes = block(i);
    if (!connection.write(chunked ? "100000\r\n" + bytes + "\r\n" : bytes)) return;
  }
  if (chunked) connection.write("0\r\n\r\n");
}

class BigAnswers : public OriginFixture, public testing::WithParamInterface<const char*> {};

TEST_P(BigAnswers, arrive_whole_over_many_pauses) {
  bool chunked = std::string_view(GetParam()).starts_with("Transfer");
  serve([chunked](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\n" + std::string(GetParam()) + "\r\n\r\n");
    write_blocks(connection, chunked);
  });

  class Hasher : public OriginObserver {
   public:
    explicit Hasher(Loop& loop) : loop_(loop) {}
    void on_head(http::ResponseHead) override {}
    bool ready_for_data() override {
      if (left_ > 0) return true;
      ++pauses;
      loop_.post([this] {
        left_ = 256 << 10;
        in_resume_ = true;
        transfer->resume_reading();
        in_resume_ = false;
      });
      return false;
    }
    void on_data(std::string_view bytes) override {
      EXPECT_FALSE(in_resume_) << "called from within resume_reading()";
      hasher_.update(bytes);
      size += bytes.size();
      left_ -= std::min(left_, bytes.size());
    }
    void on_done(std::optional<OriginFault> fault) override {
      EXPECT_EQ(fault, std::nullopt);
      loop_.stop();
    }
    Sha256 digest() { return hasher_.finish(); }

    std::unique_ptr<OriginTransfer> transfer;
    size_t pauses = 0;
    size_t size = 0;

   private:
    Loop& loop_;
    Sha256Hasher hasher_;
    size_t left_ = 0;
    bool in_resume_ = false;
  };
  Hasher observer(loop_);
  observer.transfer = start(get(), observer);
  run();
  Sha256Hasher expected;
  for (size_t i = 0; i < kBlocks; ++i) expected.update(block(i));
  EXPECT_EQ(observer.size, 64U << 20);
  EXPECT_EQ(observer.digest().hex(), expected.finish().hex());
  EXPECT_GT(observer.pauses, 200U);
}

INSTANTIATE_TEST_SUITE_P(
    , BigAnswers, testing::Values("Content-Length: 67108864", "Transfer-Encoding: chunked", "X: until close"),
    [](const auto& tested) {
      return std::string(tested.param).substr(0, std::string_view(tested.param).find_first_of("-:"));
    });

}  // namespace
}  // namespace weir::upstream
