// SPDX-License-Identifier: Apache-2.0
// What goes out: exactly what the request says.
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {
namespace {

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

class OriginRequests : public OriginFixture {
 protected:
  // Serves one request and keeps its head and `size` bytes behind it.
  void keep_request(size_t size = 0) {
    serve([this, size](fakes::TlsConnection& connection) {
      sent_ = connection.read_head();
      if (sent_.empty()) return;
      sent_ += connection.read(size);
      connection.write(kOk);
      connection.wait_for_end();
    });
  }

  // Runs the exchange and ends the server, so that what it kept can be read here.
  std::string sent_by(OriginRequest request) {
    exchange(std::move(request));
    EXPECT_EQ(recorder_.fault, std::nullopt) << recorder_.fault->message;
    server_.reset();
    return sent_;
  }

  // A body that hands out `text` in pieces of at most `piece` bytes, and pauses before each of them.
  void give_body(std::string text, size_t piece, std::function<void()> resume) {
    recorder_.body = [text, piece, resume, offset = size_t{0}, ready = false, this](std::span<char> buffer,
                                                                                    bool& at_end) mutable -> size_t {
      if (!std::exchange(ready, !ready)) {
        loop_.post(resume);
        return 0;
      }
      size_t size = std::min({piece, buffer.size(), text.size() - offset});
      std::copy_n(text.data() + offset, size, buffer.data());
      offset += size;
      at_end = offset == text.size();
      return size;
    };
  }

  std::string sent_;
};

TEST_F(OriginRequests, the_head_is_the_given_one) {
  keep_request();
  auto request = get();
  request.target = "/a/../b//%2e?x=%20#y";
  request.fields = {{"Host", "Hub.Test"}, {"X-Empty", ""}, {"Cookie", "a=b"}, {"Authorization", "Bearer hf_x"}};
  EXPECT_EQ(sent_by(request),
            "GET /a/../b//%2e?x=%20#y HTTP/1.1\r\nHost: Hub.Test\r\nX-Empty:\r\nCookie: a=b\r\nAuthorization: Bearer "
            "hf_x\r\n\r\n");
}

TEST_F(OriginRequests, accept_and_user_agent_are_sent_when_given) {
  keep_request();
  auto request = get();
  request.fields = {{"Host", "hub.test"}, {"User-Agent", "hf/1"}, {"accept", "text/html"}, {"Accept-Encoding", "gzip"}};
  EXPECT_EQ(
      sent_by(request),
      "GET / HTTP/1.1\r\nHost: hub.test\r\nUser-Agent: hf/1\r\naccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n");
}

TEST_F(OriginRequests, any_method) {
  keep_request();
  EXPECT_EQ(sent_by(get("PROPFIND")), "PROPFIND / HTTP/1.1\r\nHost: hub.test\r\n\r\n");
}

TEST_F(OriginRequests, a_post_without_a_body_stays_one) {
  keep_request();
  EXPECT_EQ(sent_by(get("POST")), "POST / HTTP/1.1\r\nHost: hub.test\r\n\r\n");
}

TEST_F(OriginRequests, an_empty_body_has_a_length) {
  keep_request();
  auto request = get("POST");
  request.body = RequestBody::length;
  EXPECT_EQ(sent_by(request), "POST / HTTP/1.1\r\nHost: hub.test\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(OriginRequests, head_goes_without_its_body) {
  keep_request();
  auto request = get("HEAD");
  request.body = RequestBody::length;
  request.body_length = 5;
  EXPECT_EQ(sent_by(request), "HEAD / HTTP/1.1\r\nHost: hub.test\r\n\r\n");
}

TEST_F(OriginRequests, a_body_with_a_length_is_streamed_over_pauses) {
  std::string text(300'000, 'x');
  std::string head = "PUT / HTTP/1.1\r\nHost: hub.test\r\nContent-Type: a/b\r\nContent-Length: 300000\r\n\r\n";
  keep_request(text.size());
  auto request = get("PUT");
  request.fields.add("Content-Type", "a/b");
  request.fields.add("Content-Length", "7");  // the framing's word counts
  request.fields.add("Expect", "100-continue");
  request.body = RequestBody::length;
  request.body_length = text.size();
  std::unique_ptr<OriginTransfer> transfer;
  bool in_resume = false;
  give_body(text, 10'000, [&] {
    in_resume = true;
    transfer->resume_body();
    in_resume = false;
  });
  auto give = recorder_.body;
  recorder_.body = [&](std::span<char> buffer, bool& at_end) {
    EXPECT_FALSE(in_resume) << "called from within resume_body()";
    return give(buffer, at_end);
  };
  transfer = start(request, recorder_);
  run();
  EXPECT_EQ(recorder_.fault, std::nullopt);
  server_.reset();
  EXPECT_EQ(sent_, head + text);
}

TEST_F(OriginRequests, a_body_of_unknown_length_is_chunked) {
  keep_request(std::string_view("5\r\nhello\r\n5\r\n, you\r\n0\r\n\r\n").size());
  auto request = get("POST");
  request.body = RequestBody::chunked;
  std::unique_ptr<OriginTransfer> transfer;
  give_body("hello, you", 5, [&] { transfer->resume_body(); });
  transfer = start(request, recorder_);
  run();
  EXPECT_EQ(recorder_.fault, std::nullopt);
  server_.reset();
  EXPECT_EQ(sent_,
            "POST / HTTP/1.1\r\nHost: hub.test\r\nTransfer-Encoding: chunked\r\n\r\n"
            "5\r\nhello\r\n5\r\n, you\r\n0\r\n\r\n");
}

TEST_F(OriginRequests, an_early_error_ends_an_upload_that_is_paused) {
  serve([](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
    connection.wait_for_end();
  });
  auto request = get("PUT");
  request.body = RequestBody::length;
  request.body_length = 1'000'000;
  recorder_.body = [](std::span<char>, bool&) { return size_t{0}; };
  exchange(request);
  EXPECT_EQ(recorder_.fault, std::nullopt);
  EXPECT_EQ(recorder_.head->status, 413);
  EXPECT_EQ(recorder_.data, "no");
}

TEST_F(OriginRequests, a_body_that_ends_early_is_a_fault) {
  serve([](fakes::TlsConnection& connection) { connection.wait_for_end(); });
  auto request = get("PUT");
  request.body = RequestBody::length;
  request.body_length = 10;
  recorder_.body = [](std::span<char>, bool& at_end) {
    at_end = true;
    return size_t{3};
  };
  exchange(request);
  ASSERT_TRUE(recorder_.fault);
  EXPECT_THAT(recorder_.fault->message, testing::HasSubstr("Content-Length"));
}

TEST_F(OriginRequests, no_proxy_of_the_environment_is_used) {
  ::setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  keep_request();
  sent_by(get());
  ::unsetenv("HTTPS_PROXY");
  ::unsetenv("ALL_PROXY");
}

}  // namespace
}  // namespace weir::upstream
