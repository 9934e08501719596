// SPDX-License-Identifier: Apache-2.0
// How an HttpConnection and its exchanges begin and end.
#include <gmock/gmock.h>

#include <new>
#include <ostream>

#include "proxy/tls_stream.h"
#include "tests/unit/proxy/http_connection_fixture.h"
#include "tests/unit/proxy/tls_client.h"

namespace weir::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class HttpConnectionLifetime : public HttpConnectionFixture {
 protected:
  void answer_at_once() {
    script_.on_end = [](Opened& opened) { opened.answer("ok"); };
  }
};

TEST_F(HttpConnectionLifetime, is_kept_for_the_next_request) {
  answer_at_once();
  connect();
  EXPECT_EQ(ask(kGet, 1), kOk);
  EXPECT_TRUE(opened_[0]->destroyed);
  EXPECT_EQ(ask(kGet, 2), std::string(kOk) + kOk);
  EXPECT_EQ(closed_, 0);
}

TEST_F(HttpConnectionLifetime, ends_when_memory_runs_out) {
  script_.on_end = [](Opened& opened) {
    opened.responder.send_head({}, 10);
    opened.responder.send_body("hello");
    throw std::bad_alloc();
  };
  connect();
  client_.send(kGet);
  run_to_the_end();
  EXPECT_EQ(closed_, 1);
}

TEST_F(HttpConnectionLifetime, ends_when_it_is_idle_for_long) {
  limits_.idle_timeout = Duration(20);
  answer_at_once();
  connect();
  run_to_the_end();
  EXPECT_EQ(client_.received, "");
  EXPECT_TRUE(done_.empty());
}

TEST_F(HttpConnectionLifetime, ends_when_it_is_idle_for_long_after_a_request) {
  limits_.idle_timeout = Duration(50);
  answer_at_once();
  connect();
  client_.send(kGet);
  run_to_the_end();
  EXPECT_EQ(client_.received, kOk);
  EXPECT_EQ(done_.size(), 1U);
}

TEST_F(HttpConnectionLifetime, ends_with_a_client_that_never_asked) {
  connect();
  client_.end_output();
  run_to_the_end();
  EXPECT_TRUE(done_.empty());
}

TEST_F(HttpConnectionLifetime, ends_with_a_client_in_the_middle_of_a_head) {
  connect();
  client_.send("GET / HT");
  client_.end_output();
  run_to_the_end();
  EXPECT_EQ(client_.received, "");
  EXPECT_TRUE(opened_.empty());
}

// --- the client leaves

struct Leaving {
  const char* name;
  const char* request;
  bool head_sent;
};

void PrintTo(const Leaving& leaving, std::ostream* out) {
  *out << leaving.name;
}

class ClientLeaves : public HttpConnectionFixture, public testing::WithParamInterface<Leaving> {};

TEST_P(ClientLeaves, and_its_exchange_goes) {
  script_.on_start = [](Opened& opened) {
    if (GetParam().head_sent) opened.responder.send_head({200, "", 1, {}}, 100);
  };
  connect(tcp_pair());
  client_.send(GetParam().request);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
  run_what_is_ready();
  ASSERT_FALSE(opened_[0]->destroyed);
  reset_on_close(client_.fd());
  client_.leave();
  run_to_the_end();
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_FALSE(done_[0].complete);
  EXPECT_EQ(done_[0].status, GetParam().head_sent ? 200 : 0);
}

INSTANTIATE_TEST_SUITE_P(
    , ClientLeaves,
    testing::Values(
        Leaving{"before_the_answer", kGet, false}, Leaving{"in_the_answer", kGet, true},
        Leaving{"in_its_body", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhal", false},
        Leaving{"in_its_body_and_the_answer", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhal", true},
        Leaving{"in_a_chunk", "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhal", false}),
    [](const auto& tested) { return tested.param.name; });

// In clear the end of the client's direction is no sign that it has left.
TEST_F(HttpConnectionLifetime, answers_all_requests_of_a_client_that_ended_its_direction) {
  connect(tcp_pair());
  client_.send(std::string(kGet) + kGet);
  client_.end_output();
  ASSERT_TRUE(run_until_so([&] { return opened_.size() == 1; }));
  run_what_is_ready();
  opened_[0]->answer("ok");
  ASSERT_TRUE(run_until_so([&] { return opened_.size() == 2; }));
  opened_[1]->answer("ok");
  run_to_the_end();
  EXPECT_EQ(client_.received, std::string(kOk) + kOk);
  EXPECT_FALSE(client_.reset);
}

TEST_F(HttpConnectionLifetime, drops_half_a_request_behind_the_last_answer) {
  answer_at_once();
  connect(tcp_pair());
  client_.send(std::string(kGet) + "GET / HT");
  client_.end_output();
  run_to_the_end();
  EXPECT_EQ(client_.received, kOk);
}

TEST_F(HttpConnectionLifetime, does_not_wait_for_ever_for_an_answer_to_a_client_that_ended_its_direction) {
  limits_.write_timeout = Duration(30);
  connect(tcp_pair());
  client_.send(kGet);
  client_.end_output();
  run_to_the_end();
  EXPECT_EQ(client_.received, "");
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_FALSE(done_[0].complete);
}

// Clients that give up send a close_notify as well.
TEST_F(HttpConnectionLifetime, ends_with_a_client_that_ended_its_session) {
  TlsFixture tls;
  auto pair = socket_pair();
  auto stream = std::make_unique<TlsStream>(std::make_unique<PlainStream>(std::move(pair.ours)),
                                            tls.contexts.get("huggingface.co", wall_now()).value());
  TlsClient client(std::move(pair.peer), {});
  for (int flight = 0; flight < 10; ++flight) client.shake_hands(), stream->handshake();
  connect(std::move(stream));
  ASSERT_TRUE(client.send(kGet));
  ASSERT_TRUE(run_until_so([&] { return opened_.size() == 1; }));
  client.end();
  ASSERT_TRUE(run_until_so([&] { return closed_ == 1; }));
}

// A reset would take the answer away from a client that has not read it yet.
TEST_F(HttpConnectionLifetime, drops_what_follows_the_last_request_without_a_reset) {
  answer_at_once();
  connect(tcp_pair());
  client_.reads = false;
  client_.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + std::string(300'000, 'x'));
  ASSERT_TRUE(run_until_so([&] { return !done_.empty() && client_.unsent() == 0; }));
  client_.reads = true;
  client_.end_output();
  run_to_the_end();
  EXPECT_FALSE(client_.reset);
  EXPECT_EQ(client_.received, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}

// --- once for each request

struct Ending {
  const char* name;
  std::string request;
  std::function<void(Opened&)> on_start;
  bool client_leaves;
};

void PrintTo(const Ending& ending, std::ostream* out) {
  *out << ending.name;
}

class Endings : public HttpConnectionFixture, public testing::WithParamInterface<Ending> {};

TEST_P(Endings, are_reported_once) {
  limits_.head_timeout = Duration(20);
  script_.on_start = GetParam().on_start;
  connect(tcp_pair());
  client_.send(GetParam().request);
  if (GetParam().client_leaves) {
    ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
    reset_on_close(client_.fd());
    client_.leave();
    ASSERT_TRUE(run_until_so([&] { return closed_ == 1; }));
  }
  ASSERT_TRUE(run_until_so([&] { return !done_.empty(); }));
  client_.leave();
  ASSERT_TRUE(run_until_so([&] { return closed_ == 1; }));
  run_what_is_ready();
  EXPECT_EQ(done_.size(), 1U);
  EXPECT_EQ(closed_, 1);
  for (const auto& opened : opened_) EXPECT_TRUE(opened->destroyed);
}

void nothing(Opened&) {}
void whole(Opened& opened) {
  opened.answer("ok");
}
void half(Opened& opened) {
  opened.responder.send_head({200, "", 1, {}}, 4);
  opened.responder.send_body("ok");
  opened.responder.finish();
}
void gone(Opened& opened) {
  opened.responder.abort();
}
void gone_twice(Opened& opened) {
  opened.responder.send_head({200, "", 1, {}}, 4);
  opened.responder.abort();
  opened.responder.abort();
  opened.responder.finish();
}
void another(Opened& opened) {
  Script script;
  script.on_start = whole;
  opened.responder.hand_over(make_exchange(script, std::make_shared<Opened>(opened.responder)));
}

INSTANTIATE_TEST_SUITE_P(
    , Endings,
    testing::Values(Ending{"answered", kGet, whole, false},
                    Ending{"answered_early", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx", whole, false},
                    Ending{"answered_and_closed", "GET / HTTP/1.0\r\n\r\n", whole, false},
                    Ending{"cut", kGet, half, false}, Ending{"aborted", kGet, gone, false},
                    Ending{"aborted_twice", kGet, gone_twice, false}, Ending{"handed_over", kGet, another, false},
                    Ending{"left", kGet, nothing, true}, Ending{"left_when_answered", kGet, whole, true},
                    Ending{"refused", "nonsense\r\n\r\n", nothing, false}, Ending{"late", "GET / HT", nothing, false},
                    Ending{"refused_in_its_body",
                           "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", nothing, false},
                    Ending{"refused_in_its_body_when_answered",
                           "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", whole, false}),
    [](const auto& tested) { return tested.param.name; });

// --- handing over

TEST_F(HttpConnectionLifetime, another_exchange_answers_in_its_place) {
  auto second = std::shared_ptr<Opened>();
  script_.on_end = [&](Opened& opened) {
    second = std::make_shared<Opened>(opened.responder);
    Script script;
    script.on_end = whole;
    opened.responder.hand_over(make_exchange(script, second));
    EXPECT_FALSE(opened.destroyed) << "from within its own call";
  };
  connect();
  EXPECT_EQ(ask(kGet), kOk);
  EXPECT_TRUE(opened_[0]->destroyed);
  EXPECT_EQ(second->starts, 1);
  EXPECT_EQ(second->ends, 1);
  EXPECT_EQ(ask(kGet, 2), std::string(kOk) + kOk);
}

TEST_F(HttpConnectionLifetime, the_second_exchange_gets_the_rest_of_the_body) {
  auto second = std::shared_ptr<Opened>();
  script_.on_start = [&](Opened& opened) {
    second = std::make_shared<Opened>(opened.responder);
    Script script;
    script.on_end = whole;
    opened.responder.hand_over(make_exchange(script, second));
  };
  connect();
  EXPECT_EQ(ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"), kOk);
  EXPECT_EQ(second->body, "hello");
  EXPECT_EQ(second->ends, 1);
  EXPECT_EQ(opened_[0]->ends, 0);
}

// --- draining

TEST_F(HttpConnectionLifetime, an_idle_one_drains_at_once) {
  connect();
  run_what_is_ready();
  connection_->drain();
  EXPECT_EQ(closed_, 1);
  run_to_the_end();
}

TEST_F(HttpConnectionLifetime, a_kept_one_drains_at_once) {
  answer_at_once();
  connect();
  ask(kGet);
  run_what_is_ready();
  connection_->drain();
  EXPECT_EQ(closed_, 1);
}

TEST_F(HttpConnectionLifetime, a_running_answer_ends_first) {
  connect();
  client_.send(kGet);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
  connection_->drain();
  run_what_is_ready();
  EXPECT_EQ(closed_, 0);
  opened_[0]->answer("ok");
  run_to_the_end();
  EXPECT_EQ(client_.received, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  EXPECT_TRUE(done_[0].complete);
}

TEST_F(HttpConnectionLifetime, a_request_that_has_begun_is_still_answered) {
  answer_at_once();
  connect();
  client_.send("GET / HTTP/1.1\r\nHo");
  run_what_is_ready();
  connection_->drain();
  run_what_is_ready();
  EXPECT_EQ(closed_, 0);
  client_.send("st: h\r\n\r\n");
  run_to_the_end();
  EXPECT_THAT(client_.received, HasSubstr("Connection: close"));
  EXPECT_THAT(client_.received, EndsWith("ok"));
}

TEST_F(HttpConnectionLifetime, requests_behind_the_running_one_are_not_begun) {
  connect();
  client_.send(std::string(kGet) + kGet);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
  connection_->drain();
  opened_[0]->answer("ok");
  run_to_the_end();
  EXPECT_EQ(opened_.size(), 1U);
}

// --- destroyed

TEST_F(HttpConnectionLifetime, may_be_destroyed_with_all_of_it_under_way) {
  script_.on_start = [](Opened& opened) {
    opened.responder.pause_request_body();
    opened.responder.resume_request_body();
    opened.responder.send_head({200, "", 1, {}}, 100);
    opened.responder.send_body("part");
  };
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx");
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
  connection_.reset();
  run_what_is_ready();
  EXPECT_TRUE(opened_[0]->destroyed);
  EXPECT_EQ(closed_, 0);
}

// An exchange that still calls after the connection has ended is not heard.
TEST_F(HttpConnectionLifetime, a_closed_one_ignores_its_exchange) {
  connect();
  client_.send(kGet);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty(); }));
  auto& responder = opened_[0]->responder;
  responder.abort();
  responder.send_continue();
  opened_[0]->answer("ok");
  EXPECT_EQ(responder.send_now("x"), 0U);
  responder.pause_request_body();
  responder.resume_request_body();
  responder.abort();
  run_to_the_end();
  EXPECT_EQ(client_.received, "");
}

}  // namespace
}  // namespace weir::proxy
