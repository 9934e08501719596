// SPDX-License-Identifier: Apache-2.0
// What an HttpConnection writes: framing, completeness, and what a slow client costs.
#include <gmock/gmock.h>

#include <ostream>

#include "base/clock.h"
#include "http/date.h"
#include "proxy/tls_stream.h"
#include "tests/unit/proxy/http_connection_fixture.h"
#include "tests/unit/proxy/tls_client.h"

namespace weir::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr const char* kGetInOldWay = "GET / HTTP/1.0\r\n\r\n";
constexpr const char* kHead = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";

struct Framed {
  const char* name;
  const char* request;
  int status;
  std::optional<uint64_t> length;
  std::string expected;
  bool keeps;  // the connection
};

void PrintTo(const Framed& framed, std::ostream* out) {
  *out << framed.name;
}

class HttpConnectionFraming : public HttpConnectionFixture, public testing::WithParamInterface<Framed> {};

// The exchange sends "hello" and "you" whatever was asked.
TEST_P(HttpConnectionFraming, fits_the_request_and_the_status) {
  script_.on_end = [](Opened& opened) {
    opened.responder.send_head({GetParam().status, "", 1, {{"X", "1"}}}, GetParam().length);
    opened.responder.send_body("hello");
    opened.responder.send_body("");
    opened.responder.send_body("you");
    opened.responder.finish();
  };
  connect();
  client_.send(GetParam().request);
  ASSERT_TRUE(run_until_so([&] { return !done_.empty() && client_.received.size() >= GetParam().expected.size(); }));
  run_what_is_ready();
  client_.poll();
  EXPECT_EQ(client_.received, GetParam().expected);
  EXPECT_EQ(client_.ended, !GetParam().keeps);
  EXPECT_EQ(closed_, GetParam().keeps ? 0 : 1);
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_TRUE(done_[0].complete);
}

INSTANTIATE_TEST_SUITE_P(
    , HttpConnectionFraming,
    testing::Values(
        Framed{"length", kGet, 200, 8, "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 8\r\n\r\nhelloyou", true},
        Framed{"chunked", kGet, 200, std::nullopt,
               "HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n",
               true},
        Framed{"length_to_1_0", kGetInOldWay, 200, 8,
               "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhelloyou", false},
        Framed{"never_chunked_to_1_0", kGetInOldWay, 200, std::nullopt,
               "HTTP/1.1 200 OK\r\nX: 1\r\nConnection: close\r\n\r\nhelloyou", false},
        Framed{"keep_alive_to_1_0", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, std::nullopt,
               "HTTP/1.1 200 OK\r\nX: 1\r\nConnection: close\r\n\r\nhelloyou", false},
        Framed{"close_to_1_1", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200, 8,
               "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhelloyou", false},
        Framed{"head", kHead, 200, 8, "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 8\r\n\r\n", true},
        Framed{"head_of_unknown_length", kHead, 200, std::nullopt, "HTTP/1.1 200 OK\r\nX: 1\r\n\r\n", true},
        Framed{"no_content", kGet, 204, 8, "HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n", true},
        Framed{"not_modified", kGet, 304, std::nullopt, "HTTP/1.1 304 Not Modified\r\nX: 1\r\n\r\n", true},
        Framed{"not_modified_of_a_length", kGet, 304, 8,
               "HTTP/1.1 304 Not Modified\r\nX: 1\r\nContent-Length: 8\r\n\r\n", true},
        Framed{"longer_than_it_says", kGet, 200, 6, "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 6\r\n\r\nhelloy", true},
        Framed{"empty", kGet, 200, 0, "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 0\r\n\r\n", true}),
    [](const auto& tested) { return tested.param.name; });

class HttpConnectionAnswers : public HttpConnectionFixture {};

TEST_F(HttpConnectionAnswers, an_origins_framing_never_gets_through) {
  script_.on_end = [](Opened& opened) {
    opened.responder.send_head(
        {200, "Fine", 0, {{"Content-Length", "99"}, {"transfer-encoding", "gzip"}, {"Connection", "x"}}}, 2);
    opened.responder.send_body("hi");
    opened.responder.finish();
  };
  connect();
  EXPECT_EQ(ask("GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
}

TEST_F(HttpConnectionAnswers, have_the_date_unless_the_origin_gave_one) {
  constexpr const char* kOrigins = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (const auto& given : {http::Fields{}, http::Fields{{"date", kOrigins}}}) {
    script_.on_end = [&](Opened& opened) {
      opened.responder.send_head({304, "", 1, given}, std::nullopt);
      opened.responder.finish();
    };
    connect();
    client_.keeps_dates = true;
    auto earliest = unix_seconds(wall_now());
    auto answer = ask(kGet, done_.size() + 1);
    auto head = http::parse_response(answer);
    ASSERT_TRUE(head) << answer;
    ASSERT_EQ(head->fields.count("Date"), 1U) << answer;
    auto date = http::parse_date(head->fields.get("Date"));
    ASSERT_TRUE(date) << answer;
    if (given.empty()) {
      EXPECT_TRUE(*date >= earliest && *date <= unix_seconds(wall_now())) << answer;
    } else {
      EXPECT_EQ(head->fields.get("Date"), kOrigins);
    }
  }
}

TEST_F(HttpConnectionAnswers, calls_out_of_order_are_ignored) {
  script_.on_end = [](Opened& opened) {
    opened.responder.send_body("too early");
    EXPECT_EQ(opened.responder.send_now("too early"), 0U);
    opened.responder.finish();
    EXPECT_FALSE(opened.responder.head_sent());
    opened.answer("hi");
    EXPECT_TRUE(opened.responder.head_sent());
    opened.answer("again");
    opened.responder.send_body("more");
    EXPECT_EQ(opened.responder.send_now("more"), 0U);
    opened.responder.finish();
    opened.responder.abort();
    opened.responder.hand_over(make_exchange({}, std::make_shared<Opened>(opened.responder)));
  };
  connect();
  auto one = std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(ask(std::string(kGet) + kGet, 2), one + one);
}

// --- answers that are not completed

struct Cut {
  const char* name;
  const char* request;
  std::optional<uint64_t> length;
  bool aborts;  // else it says that it has finished
  std::string expected;
};

void PrintTo(const Cut& cut, std::ostream* out) {
  *out << cut.name;
}

class HttpConnectionCuts : public HttpConnectionFixture, public testing::WithParamInterface<Cut> {};

TEST_P(HttpConnectionCuts, are_never_taken_for_the_whole) {
  script_.on_end = [](Opened& opened) {
    opened.responder.send_head({200, "", 1, {}}, GetParam().length);
    opened.responder.send_body("hello");
  };
  connect(tcp_pair());
  client_.send(GetParam().request);
  run_until_received(GetParam().expected.size());
  auto& responder = opened_[0]->responder;
  GetParam().aborts ? responder.abort() : responder.finish();
  EXPECT_EQ(closed_, 1);
  run_to_the_end();
  EXPECT_EQ(client_.received, GetParam().expected);
  // The end of the connection ends such an answer, so it must not be a proper one.
  bool ends_with_connection = !GetParam().length && GetParam().request == kGetInOldWay;
  EXPECT_EQ(client_.reset, ends_with_connection);
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_FALSE(done_[0].complete);
  EXPECT_EQ(done_[0].status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    , HttpConnectionCuts,
    testing::Values(Cut{"finished_too_early", kGet, 6, false, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"},
                    Cut{"finished_too_early_to_1_0", kGetInOldWay, 6, false,
                        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello"},
                    Cut{"aborted", kGet, 6, true, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"},
                    Cut{"aborted_when_chunked", kGet, std::nullopt, true,
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
                    Cut{"aborted_until_close", kGetInOldWay, std::nullopt, true,
                        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(HttpConnectionAnswers, aborted_before_the_head_says_nothing) {
  script_.on_end = [](Opened& opened) { opened.responder.abort(); };
  connect();
  client_.send(kGet);
  run_to_the_end();
  EXPECT_EQ(client_.received, "");
  EXPECT_EQ(done_.size(), 1U);
}

TEST_F(HttpConnectionAnswers, a_client_that_left_before_the_end_did_not_get_all) {
  auto body = some_bytes(1 << 20);
  script_.on_end = [&](Opened& opened) { opened.answer(body); };
  connect();
  client_.reads = false;
  client_.send(kGet);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
  run_what_is_ready();
  EXPECT_TRUE(done_.empty()) << "it is not done before the socket has it";
  client_.leave();
  run_to_the_end();
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_FALSE(done_[0].complete);
}

// --- answers before the request's body was read

TEST_F(HttpConnectionAnswers, an_early_answer_closes_behind_a_drain) {
  script_.on_start = [](Opened& opened) { opened.answer("no", 413); };
  connect(tcp_pair());
  // Less than is drained; a reset would take the answer away.
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n" + std::string(500'000, 'x'));
  ASSERT_TRUE(run_until_so([&] { return client_.ended && client_.unsent() == 0; }));
  EXPECT_EQ(client_.received, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  EXPECT_EQ(closed_, 0);
  client_.end_output();
  run_to_the_end();
  EXPECT_FALSE(client_.reset);
  EXPECT_EQ(opened_[0]->body, "");
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_TRUE(done_[0].complete);
}

TEST_F(HttpConnectionAnswers, the_drain_ends_after_a_megabyte) {
  script_.on_start = [](Opened& opened) { opened.answer("no", 413); };
  connect();
  constexpr size_t kSize = 64 << 20;
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n" + std::string(kSize, 'x'));
  run_to_the_end();
  EXPECT_THAT(client_.received, EndsWith("\r\n\r\nno"));
  EXPECT_GT(client_.unsent(), kSize - (4 << 20));
}

TEST_F(HttpConnectionAnswers, the_drain_ends_after_a_while) {
  script_.on_start = [](Opened& opened) { opened.answer("no", 413); };
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
  run_to_the_end();
  EXPECT_THAT(client_.received, EndsWith("\r\n\r\nno"));
}

// An answer before the end of a body that then came all the same: no need to drain.
TEST_F(HttpConnectionAnswers, an_answer_within_the_body_closes_once_both_are_through) {
  script_.on_body = [](Opened& opened) {
    if (!opened.responder.head_sent()) opened.responder.send_head({200, "", 1, {}}, 2);
  };
  script_.on_end = [](Opened& opened) {
    opened.responder.send_body("ok");
    opened.responder.finish();
  };
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty() && opened_[0]->responder.head_sent(); }));
  client_.send("cd");
  run_to_the_end();
  EXPECT_EQ(client_.received, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  EXPECT_EQ(opened_[0]->body, "abcd");
}

// --- sending at the client's pace

// Offers the rest of `body` each time there is room, as BlobSender does.
void offer(Opened& opened, std::string_view& body) {
  body.remove_prefix(opened.responder.send_now(body));
  if (body.empty()) opened.responder.finish();
}

TEST_F(HttpConnectionAnswers, send_now_moves_every_byte_at_the_clients_pace) {
  auto body = some_bytes(3 << 20);
  std::string_view rest = body;
  script_.on_end = [&](Opened& opened) {
    opened.responder.send_head({200, "", 1, {}}, body.size());
    offer(opened, rest);
  };
  script_.on_writable = [&](Opened& opened) { offer(opened, rest); };
  connect();
  client_.reads_at_most = 100'000;
  auto received = ask(kGet);
  ASSERT_TRUE(
      run_until_so([&] { return client_.received.ends_with(std::string_view(body).substr(body.size() - 100)); }));
  EXPECT_TRUE(client_.received == "HTTP/1.1 200 OK\r\nContent-Length: 3145728\r\n\r\n" + body);
}

TEST_F(HttpConnectionAnswers, send_now_to_a_client_that_does_not_read_costs_no_memory) {
  const std::string body(32 << 20, 'x');
  std::string_view rest = body;
  script_.on_end = [&](Opened& opened) {
    opened.responder.send_head({200, "", 1, {}}, body.size());
    offer(opened, rest);
  };
  script_.on_writable = [&](Opened& opened) { offer(opened, rest); };
  connect();
  client_.reads = false;
  auto before = heap_in_use();
  client_.send(kGet);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
  run_what_is_ready();
  auto offered = rest.size();
  EXPECT_GT(offered, body.size() - (4 << 20));
  EXPECT_EQ(opened_[0]->responder.send_now(rest), 0U);
  run_what_is_ready();
  EXPECT_EQ(rest.size(), offered);
  EXPECT_LT(heap_in_use(), before + (64 << 10));
}

TEST_F(HttpConnectionAnswers, send_now_is_cut_to_the_length) {
  script_.on_end = [](Opened& opened) {
    opened.responder.send_head({200, "", 1, {}}, 3);
    opened.responder.send_now("");
    EXPECT_EQ(opened.responder.send_now("hello"), 3U);
    opened.responder.finish();
  };
  connect();
  EXPECT_EQ(ask(kGet), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhel");
}

TEST_F(HttpConnectionAnswers, says_when_it_is_congested_and_when_there_is_room_again) {
  script_.on_end = [](Opened& opened) { opened.responder.send_head({200, "", 1, {}}, std::nullopt); };
  connect();
  client_.reads = false;
  client_.send(kGet);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty() && opened_[0]->ends == 1; }));
  run_what_is_ready();
  auto& opened = *opened_[0];
  opened.writables = 0;
  std::string block(64 << 10, 'x');
  size_t sent = 0;
  while (!opened.responder.congested()) {
    opened.responder.send_body(block);
    sent += block.size();
    ASSERT_LT(sent, 64U << 20);
  }
  run_what_is_ready();
  EXPECT_EQ(opened.writables, 0);
  client_.reads = true;
  ASSERT_TRUE(run_until_so([&] { return opened.writables > 0; }));
  EXPECT_FALSE(opened.responder.congested());
}

// A relay whose client is just a little behind all the time: the queue never runs empty, and still it stays small.
TEST_F(HttpConnectionAnswers, a_client_that_stays_a_little_behind_costs_little_memory) {
  script_.on_end = [](Opened& opened) { opened.responder.send_head({200, "", 1, {}}, 1ull << 40); };
  connect();
  client_.reads = false;
  client_.send(kGet);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty() && opened_[0]->ends == 1; }));
  run_what_is_ready();
  auto& responder = opened_[0]->responder;
  const std::string block(16 << 10, 'x');
  auto before = heap_in_use();
  size_t sent = 0;
  while (sent < (64 << 20)) {
    if (!responder.congested()) responder.send_body(block), sent += block.size();
    // So much that something is left in the queue each time.
    if (!responder.congested()) continue;
    client_.reads = true;
    client_.reads_at_most = 64 << 10;
    client_.poll();
    client_.received.clear();
    client_.reads = false;
    responder.send_body("y");
    ++sent;
  }
  EXPECT_LT(heap_in_use(), before + (2 << 20));
}

TEST_F(HttpConnectionAnswers, a_client_that_takes_nothing_is_let_go) {
  limits_.write_timeout = Duration(20);
  script_.on_end = [](Opened& opened) { opened.answer(std::string(4 << 20, 'x')); };
  connect();
  client_.reads = false;
  client_.send(kGet);
  ASSERT_TRUE(run_until_so([&] { return closed_ == 1; }));
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_FALSE(done_[0].complete);
}

TEST_F(HttpConnectionAnswers, an_exchange_that_takes_its_time_is_not_timed) {
  limits_.write_timeout = limits_.head_timeout = limits_.idle_timeout = Duration(1);
  connect();
  client_.send(kGet);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
  bool later = false;
  Timer timer(loop_, [&] { later = true; });
  timer.start(Duration(30));
  ASSERT_TRUE(run_until_so([&] { return later; }));
  opened_[0]->answer("at last");
  ASSERT_TRUE(run_until_so([&] { return client_.received.ends_with("at last"); }));
}

// The head goes out although no body follows yet.
TEST_F(HttpConnectionAnswers, a_head_does_not_wait_for_its_body) {
  script_.on_end = [](Opened& opened) { opened.responder.send_head({200, "", 1, {}}, std::nullopt); };
  connect();
  client_.send(kGet);
  run_until_received(1);
  EXPECT_EQ(client_.received, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(opened_[0]->writables, 1);
}

// --- under TLS

// Records that were decrypted already are not seen by the socket: pipelined requests and large bodies must not wait.
TEST_F(HttpConnectionAnswers, works_under_tls) {
  TlsFixture tls;
  auto pair = socket_pair();
  auto stream = std::make_unique<TlsStream>(std::make_unique<PlainStream>(std::move(pair.ours)),
                                            tls.contexts.get("huggingface.co", wall_now()).value());
  TlsClient client(std::move(pair.peer), {});
  for (int flight = 0; flight < 10; ++flight) client.shake_hands(), stream->handshake();
  ASSERT_TRUE(client.shake_hands());
  auto body = some_bytes(1 << 20);
  std::string_view rest;
  script_.on_end = [&](Opened& opened) {
    rest = body;
    opened.responder.send_head({200, "", 1, {}}, body.size());
    offer(opened, rest);
  };
  script_.on_writable = [&](Opened& opened) { offer(opened, rest); };
  connect(std::move(stream));
  std::string requests;
  for (int i = 0; i < 5; ++i)
    requests += "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n" + std::string(3000, 'x');
  ASSERT_TRUE(client.send(requests));
  std::string received;
  ASSERT_TRUE(run_until(loop_, [&] { return received += client.read(), done_.size() == 5; }));
  received += client.read();
  std::string expected;
  for (int i = 0; i < 5; ++i) expected += "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + body;
  EXPECT_TRUE(without_dates(received) == expected);
  client.end();
  ASSERT_TRUE(run_until(loop_, [&] { return closed_ == 1; }));
}

}  // namespace
}  // namespace weir::proxy
