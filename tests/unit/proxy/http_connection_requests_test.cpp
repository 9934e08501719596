// SPDX-License-Identifier: Apache-2.0
// What an HttpConnection reads: heads, bodies, and what it refuses.
#include <gmock/gmock.h>

#include <algorithm>
#include <ostream>

#include "tests/unit/proxy/http_connection_fixture.h"

namespace weir::proxy {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The answer of an exchange that tells what it got, once it has it all.
void echo(Opened& opened) {
  opened.answer(opened.request.method + " " + opened.request.target + " " + opened.body);
}

std::string echoed(const std::string& text) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

class HttpConnectionRequests : public HttpConnectionFixture {
 protected:
  HttpConnectionRequests() { script_.on_end = echo; }
};

struct Transcript {
  const char* name;
  std::string requests;
  std::vector<std::string> answers;
};

void PrintTo(const Transcript& transcript, std::ostream* out) {
  *out << transcript.name;
}

class Transcripts : public HttpConnectionRequests, public testing::WithParamInterface<Transcript> {
 protected:
  std::string expected() const {
    std::string all;
    for (const auto& answer : GetParam().answers) all += echoed(answer);
    return all;
  }

  void converse(const std::vector<std::string_view>& pieces) {
    done_.clear();
    closed_ = 0;
    connect();
    for (auto piece : pieces) {
      client_.send(piece);
      run_what_is_ready();
    }
    ASSERT_TRUE(run_until_so([&] { return done_.size() == GetParam().answers.size(); }));
    client_.poll();
    ASSERT_EQ(client_.received, expected());
    for (const auto& record : done_) ASSERT_TRUE(record.complete);
    client_.leave();
    ASSERT_TRUE(run_until_so([&] { return closed_ == 1; }));
  }
};

TEST_P(Transcripts, are_served_alike_at_every_cut) {
  const std::string_view all = GetParam().requests;
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    SCOPED_TRACE(cut);
    ASSERT_NO_FATAL_FAILURE(converse({all.substr(0, cut), all.substr(cut)}));
  }
}

TEST_P(Transcripts, are_served_byte_by_byte) {
  std::vector<std::string_view> bytes;
  for (const char& byte : GetParam().requests) bytes.emplace_back(&byte, 1);
  converse(bytes);
}

TEST_P(Transcripts, are_served_when_read_before) {
  const std::string all = GetParam().requests;
  connect(socket_pair(), all);
  ASSERT_TRUE(run_until_so([&] { return done_.size() == GetParam().answers.size(); }));
  client_.poll();
  EXPECT_EQ(client_.received, expected());
}

INSTANTIATE_TEST_SUITE_P(
    , Transcripts,
    testing::Values(
        Transcript{"get", "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n", {"GET /a?b "}},
        Transcript{
            "body_of_a_length", "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", {"PUT /a hello"}},
        Transcript{"body_of_no_bytes", "PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", {"PUT /a "}},
        Transcript{"chunked",
                   "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n",
                   {"POST /a hello"}},
        Transcript{"chunked_and_empty",
                   "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   {"POST /a "}},
        Transcript{"pipelined",
                   "PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
                   "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
                   "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n",
                   {"PUT /1 one", "POST /2 two", "GET /3 "}}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(HttpConnectionRequests, fifty_pipelined_ones_are_answered_in_order) {
  std::string requests;
  std::string answers;
  for (int i = 0; i < 50; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    answers += echoed("GET /" + std::to_string(i) + " ");
  }
  connect();
  EXPECT_EQ(ask(requests, 50), answers);
  EXPECT_EQ(done_.size(), 50U);
}

// Each is answered only later, from the loop; the next must wait for it.
TEST_F(HttpConnectionRequests, pipelined_ones_wait_for_each_other) {
  std::vector<Opened*> waiting;
  script_.on_end = [&](Opened& opened) { waiting.push_back(&opened); };
  connect();
  client_.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  run_what_is_ready();
  ASSERT_EQ(waiting.size(), 1U);
  echo(*waiting[0]);
  run_what_is_ready();
  ASSERT_EQ(waiting.size(), 2U);
  echo(*waiting[1]);
  run_until_received(2 * echoed("GET /1 ").size());
  EXPECT_EQ(client_.received, echoed("GET /1 ") + echoed("GET /2 "));
}

TEST_F(HttpConnectionRequests, the_record_says_who_asked_for_what_without_the_query) {
  connect();
  ask("GET /a/b?Signature=secret HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_EQ(done_[0].client, "127.0.0.1");
  EXPECT_EQ(done_[0].method, "GET");
  EXPECT_EQ(done_[0].host, "hub.test");
  EXPECT_EQ(done_[0].path, "/a/b");
  EXPECT_EQ(done_[0].status, 200);
}

// --- pausing

TEST_F(HttpConnectionRequests, a_paused_body_waits_and_goes_on) {
  auto body = some_bytes(4 << 20);
  script_.on_body = [](Opened& opened) { opened.responder.pause_request_body(); };
  script_.on_end = [](Opened& opened) { opened.answer("ok"); };
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty() && !opened_[0]->body.empty(); }));
  auto& opened = *opened_[0];
  auto first = opened.body.size();
  for (int i = 0; i < 5; ++i) run_what_is_ready(), client_.poll();
  EXPECT_EQ(opened.body.size(), first);
  // What fits into the socket and one piece has left the client, and no more.
  EXPECT_GT(client_.unsent(), body.size() - (1 << 20));
  while (opened.ends == 0) {
    opened.responder.resume_request_body();
    EXPECT_EQ(opened.body.size(), first) << "called from within resume_request_body()";
    ASSERT_TRUE(run_until_so([&] { return opened.body.size() > first || opened.ends > 0; }));
    first = opened.body.size();
  }
  EXPECT_TRUE(opened.body == body);
  ASSERT_TRUE(run_until_so([&] { return !done_.empty(); }));
}

TEST_F(HttpConnectionRequests, a_paused_chunked_body_waits_and_goes_on) {
  script_.on_body = [](Opened& opened) { opened.responder.pause_request_body(); };
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty() && opened_[0]->body == "one"; }));
  client_.send("3\r\ntwo\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  run_what_is_ready();
  EXPECT_EQ(opened_[0]->body, "one");
  opened_[0]->responder.resume_request_body();
  ASSERT_TRUE(run_until_so([&] { return done_.size() == 2; }));
  client_.poll();
  EXPECT_EQ(client_.received, echoed("PUT / onetwo") + echoed("GET /next "));
}

TEST_F(HttpConnectionRequests, resuming_what_is_not_paused_does_nothing) {
  script_.on_start = [](Opened& opened) { opened.responder.resume_request_body(); };
  connect();
  EXPECT_EQ(ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"), echoed("PUT / hi"));
}

// --- expectations

TEST_F(HttpConnectionRequests, a_client_that_waits_is_told_to_go_on_once) {
  script_.on_start = [](Opened& opened) {
    opened.responder.send_continue();
    opened.responder.send_continue();
  };
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  run_until_received(1);
  EXPECT_EQ(client_.received, "HTTP/1.1 100 Continue\r\n\r\n");
  client_.received.clear();
  EXPECT_EQ(ask("hi"), echoed("PUT / hi"));
}

class NoContinue : public HttpConnectionRequests,
                   public testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(NoContinue, is_sent) {
  script_.on_start = [](Opened& opened) { opened.responder.send_continue(); };
  script_.on_end = [](Opened& opened) {
    opened.responder.send_continue();
    echo(opened);
  };
  connect();
  EXPECT_THAT(ask(GetParam().second), StartsWith("HTTP/1.1 200 OK"));
}

INSTANTIATE_TEST_SUITE_P(
    , NoContinue,
    testing::Values(std::pair{"when_it_was_not_asked_for", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"},
                    std::pair{"to_http_1_0", "PUT / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi"},
                    std::pair{"for_no_body",
                              "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n"}),
    [](const auto& tested) { return tested.param.first; });

TEST_F(HttpConnectionRequests, a_final_answer_replaces_the_continue) {
  script_.on_start = [](Opened& opened) {
    opened.answer("no", 403);
    opened.responder.send_continue();
  };
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  // It does not send its body now.
  ASSERT_TRUE(run_until_so([&] { return client_.ended; }));
  client_.end_output();
  run_to_the_end();
  EXPECT_EQ(client_.received, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
}

// --- what is refused

struct Bad {
  const char* name;
  std::string input;
  int status;
  size_t opened;  // exchanges that had begun
};

void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.name;
}

class Refused : public HttpConnectionRequests, public testing::WithParamInterface<Bad> {};

TEST_P(Refused, with_a_sentence_and_the_end_of_the_connection) {
  limits_.head_bytes = 2000;
  limits_.header_count = 10;
  connect();
  client_.send(GetParam().input);
  ASSERT_TRUE(run_until_so([&] { return client_.ended; }));
  client_.leave();
  run_to_the_end();
  EXPECT_THAT(client_.received, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
  EXPECT_THAT(client_.received, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(client_.received, HasSubstr("\r\nX-Error-Message: "));
  EXPECT_THAT(client_.received, EndsWith(".\n"));
  EXPECT_EQ(opened_.size(), GetParam().opened);
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_EQ(done_[0].status, GetParam().status);
  EXPECT_EQ(done_[0].outcome, Outcome::none);
}

std::string many_fields(size_t count) {
  std::string fields;
  for (size_t i = 0; i < count; ++i) fields += "X-" + std::to_string(i) + ": 1\r\n";
  return fields;
}

constexpr const char* kChunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    , Refused,
    testing::Values(
        Bad{"no_http", "hello\r\n\r\n", 400, 0}, Bad{"a_tls_hello", std::string("\x16\x03\x01\x02\x00", 5), 400, 0},
        Bad{"a_bad_field", "GET / HTTP/1.1\r\nHost: h\r\nbad field: 1\r\n\r\n", 400, 0},
        Bad{"no_host", "GET / HTTP/1.1\r\n\r\n", 400, 0},
        Bad{"two_framings",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 0},
        Bad{"another_coding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, 0},
        Bad{"http_2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505, 0},
        Bad{"an_endless_head", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(4000, 'x'), 431, 0},
        Bad{"a_large_head", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(4000, 'x') + "\r\n\r\n", 431, 0},
        Bad{"many_fields", "GET / HTTP/1.1\r\nHost: h\r\n" + many_fields(11) + "\r\n", 431, 0},
        Bad{"an_expectation", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: coffee\r\n\r\nx", 417, 0},
        Bad{"a_bad_chunk", std::string(kChunked) + "zz\r\n", 400, 1},
        Bad{"a_chunk_without_its_end", std::string(kChunked) + "1\r\nab\r\n0\r\n\r\n", 400, 1},
        Bad{"endless_trailers", std::string(kChunked) + "0\r\nT: " + std::string(20'000, 'x'), 431, 1}),
    [](const auto& tested) { return tested.param.name; });

// The answer is on its way, so nothing can be said any more.
TEST_F(HttpConnectionRequests, a_bad_chunk_behind_the_answers_head_cuts_it) {
  script_.on_start = [](Opened& opened) {
    opened.responder.send_head({200, "", 1, {}}, 10);
    opened.responder.send_body("half ");
  };
  connect();
  client_.send(std::string(kChunked) + "2\r\nhi\r\n");
  run_until_received(1);
  client_.send("zz\r\n");
  run_to_the_end();
  EXPECT_THAT(client_.received, EndsWith("\r\n\r\nhalf "));
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_FALSE(done_[0].complete);
}

TEST_F(HttpConnectionRequests, a_refusal_stands_behind_the_answers_before_it) {
  connect();
  client_.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n");
  ASSERT_TRUE(run_until_so([&] { return client_.ended; }));
  EXPECT_THAT(client_.received, StartsWith(echoed("GET /1 ") + "HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(done_.size(), 2U);
}

TEST_F(HttpConnectionRequests, a_head_that_does_not_end_is_a_408) {
  limits_.head_timeout = Duration(20);
  connect();
  client_.send("GET / HT");
  ASSERT_TRUE(run_until_so([&] { return client_.ended; }));
  EXPECT_THAT(client_.received, StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_THAT(client_.received, HasSubstr("head_timeout"));
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_EQ(done_[0].status, 408);
}

// Bytes now and then do not stretch the time for a head.
TEST_F(HttpConnectionRequests, a_dripped_head_is_a_408_too) {
  limits_.head_timeout = Duration(100);
  connect();
  client_.send("GET / HTTP/1.1\r\n");
  ASSERT_TRUE(run_until_so([&] {
    client_.send("X: 1\r\n");
    limits_.header_count = 1'000'000;
    return client_.ended;
  }));
  EXPECT_THAT(client_.received, testing::AnyOf(StartsWith("HTTP/1.1 408 "), StartsWith("HTTP/1.1 431 ")));
}

TEST_F(HttpConnectionRequests, a_body_that_does_not_come_ends_the_connection) {
  limits_.write_timeout = Duration(20);
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  run_to_the_end();
  EXPECT_EQ(client_.received, "");
  ASSERT_EQ(done_.size(), 1U);
  EXPECT_FALSE(done_[0].complete);
}

// It is the exchange that is being waited for, not the client.
TEST_F(HttpConnectionRequests, a_paused_body_does_not_time_out) {
  limits_.write_timeout = Duration(1);
  limits_.head_timeout = limits_.idle_timeout = Duration(1);
  script_.on_body = [](Opened& opened) { opened.responder.pause_request_body(); };
  connect();
  client_.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  ASSERT_TRUE(run_until_so([&] { return !opened_.empty() && opened_[0]->body == "he"; }));
  bool later = false;
  Timer timer(loop_, [&] { later = true; });
  timer.start(Duration(30));
  ASSERT_TRUE(run_until_so([&] { return later; }));
  EXPECT_EQ(closed_, 0);
}

}  // namespace
}  // namespace weir::proxy
