// SPDX-License-Identifier: Apache-2.0
// Answers that are broken: none of them may look complete.
#include <gmock/gmock.h>

#include <new>

#include "tests/component/upstream/origin_fixture.h"

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;
using namespace std::string_literals;

enum class Ending { properly, without_notify, by_reset };

struct Case {
  const char* name;
  std::string answer;
  Ending ending;
  Kind kind;
};

std::string case_name(const testing::TestParamInfo<Case>& tested) {
  return tested.param.name;
}

std::string repeated(std::string_view text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

class OriginFaults : public OriginFixture, public testing::WithParamInterface<Case> {};

TEST_P(OriginFaults, are_told) {
  serve([](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.write(GetParam().answer);
    if (GetParam().ending == Ending::without_notify) connection.close_without_notify();
    if (GetParam().ending == Ending::by_reset) connection.reset();
  });
  exchange(get());
  ASSERT_TRUE(recorder_.fault);
  EXPECT_EQ(recorder_.fault->kind, GetParam().kind) << recorder_.fault->message;
  EXPECT_THAT(recorder_.fault->message, testing::HasSubstr("hub.test:443"));
  if (GetParam().kind != Kind::cut) {
    EXPECT_EQ(recorder_.head, std::nullopt);
    EXPECT_EQ(recorder_.data, "");
  }
}

const std::string kShort = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
const std::string kCutChunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello";
const std::string kNoLastChunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
const std::string kNoEndOfTrailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n";
const std::string kUntilClose = "HTTP/1.1 200 OK\r\n\r\nhello";

INSTANTIATE_TEST_SUITE_P(
    cut, OriginFaults,
    testing::Values(Case{"short_body", kShort, Ending::properly, Kind::cut},
                    Case{"short_body_without_notify", kShort, Ending::without_notify, Kind::cut},
                    Case{"short_body_reset", kShort, Ending::by_reset, Kind::cut},
                    Case{"cut_chunk", kCutChunk, Ending::properly, Kind::cut},
                    Case{"cut_chunk_without_notify", kCutChunk, Ending::without_notify, Kind::cut},
                    Case{"no_last_chunk", kNoLastChunk, Ending::properly, Kind::cut},
                    Case{"no_last_chunk_without_notify", kNoLastChunk, Ending::without_notify, Kind::cut},
                    Case{"no_end_of_trailers", kNoEndOfTrailers, Ending::properly, Kind::cut},
                    Case{"bad_chunk_size", kNoLastChunk + "xyz\r\n", Ending::properly, Kind::cut},
                    Case{"until_close_without_notify", kUntilClose, Ending::without_notify, Kind::cut},
                    Case{"until_close_reset", kUntilClose, Ending::by_reset, Kind::cut},
                    Case{"empty_until_close_without_notify", "HTTP/1.1 200 OK\r\n\r\n", Ending::without_notify,
                         Kind::cut},
                    Case{"large_trailers",
                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
                             repeated("A: " + std::string(1000, 'b') + "\r\n", 300) + "\r\n",
                         Ending::properly, Kind::cut}),
    case_name);

INSTANTIATE_TEST_SUITE_P(unanswered, OriginFaults,
                         testing::Values(Case{"closed", "", Ending::properly, Kind::unreachable},
                                         Case{"closed_without_notify", "", Ending::without_notify, Kind::unreachable},
                                         Case{"reset", "", Ending::by_reset, Kind::unreachable}),
                         case_name);

INSTANTIATE_TEST_SUITE_P(
    protocol, OriginFaults,
    testing::Values(
        Case{"no_http", "hello\r\n\r\n", Ending::properly, Kind::protocol},
        Case{"http_2", "HTTP/2 200\r\nContent-Length: 0\r\n\r\n", Ending::properly, Kind::protocol},
        Case{"switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello", Ending::properly,
             Kind::protocol},
        Case{"length_and_coding",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
             Ending::properly, Kind::protocol},
        Case{"two_lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", Ending::properly,
             Kind::protocol},
        Case{"odd_length", "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello", Ending::properly, Kind::protocol},
        Case{"coded", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello", Ending::properly, Kind::protocol},
        Case{"folded", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 5\r\n\r\nhello", Ending::properly,
             Kind::protocol},
        Case{"bare_line_feeds", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", Ending::properly, Kind::protocol},
        Case{"nul", "HTTP/1.1 200 OK\r\nA: "s + '\0' + "b\r\nContent-Length: 5\r\n\r\nhello", Ending::properly,
             Kind::protocol},
        Case{"interim_flood", repeated("HTTP/1.1 102 Processing\r\n\r\n", 40), Ending::properly, Kind::protocol},
        Case{"long_head",
             "HTTP/1.1 200 OK\r\n" + repeated("A: " + std::string(1000, 'b') + "\r\n", 300) +
                 "Content-Length: 5\r\n\r\nhello",
             Ending::properly, Kind::protocol},
        Case{"long_line", "HTTP/1.1 200 OK\r\nA: " + std::string(300'000, 'b') + "\r\nContent-Length: 5\r\n\r\nhello",
             Ending::properly, Kind::protocol}),
    case_name);

// A head that ends after any of its bytes is never an answer.
TEST_F(OriginFixture, a_head_that_is_cut_anywhere_is_no_answer) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  std::atomic<size_t> cut = 1;
  serve([&](fakes::TlsConnection& connection) {
    connection.read_head();
    connection.write(std::string_view(head).substr(0, cut));
  });
  for (; cut < head.size(); ++cut) {
    Recorder recorder(loop_);
    auto transfer = start(get(), recorder);
    run();
    ASSERT_TRUE(recorder.fault) << "cut after byte " << cut;
    EXPECT_TRUE(recorder.fault->kind == Kind::protocol || recorder.fault->kind == Kind::unreachable)
        << recorder.fault->message;
    EXPECT_EQ(recorder.head, std::nullopt);
  }
}

TEST_F(OriginFixture, a_name_that_does_not_exist_is_unreachable) {
  auto request = get();
  request.host = "no-such-name.invalid";
  exchange(request);
  EXPECT_EQ(recorder_.fault.value().kind, Kind::unreachable);
  EXPECT_THAT(recorder_.fault->message, testing::HasSubstr("no-such-name.invalid"));
}

TEST_F(OriginFixture, a_closed_port_is_unreachable) {
  serve_answer("");
  server_.reset();
  exchange(get());
  EXPECT_EQ(recorder_.fault.value().kind, Kind::unreachable);
}

class OriginMemory : public OriginFixture {};

TEST_F(OriginMemory, that_runs_out_in_a_callback_is_told) {
  serve_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  recorder_.after_data = [] { throw std::bad_alloc(); };
  exchange(get());
  ASSERT_TRUE(recorder_.fault);
  EXPECT_EQ(recorder_.fault->kind, Kind::cut);
}

}  // namespace
}  // namespace weir::upstream
