// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "http/head.h"
#include "tests/unit/http/head_reader.h"

namespace weir::http {
namespace {

struct Good {
  const char* name;
  std::string input;
  RequestHead expected;
};

void PrintTo(const Good& good, std::ostream* out) {
  *out << good.name;
}

class GoodRequest : public testing::TestWithParam<Good> {};

TEST_P(GoodRequest, is_read_alike_at_every_cut) {
  const std::string& input = GetParam().input;
  for (size_t cut = 0; cut <= input.size(); ++cut) {
    auto result = read_in_two(input, cut);
    ASSERT_TRUE(result) << "cut after byte " << cut;
    ASSERT_TRUE(*result) << "cut after byte " << cut << ": " << result->error().message;
    ASSERT_EQ(**result, GetParam().expected) << "cut after byte " << cut;
  }
  auto result = read_byte_by_byte(input);
  ASSERT_TRUE(result && *result);
  EXPECT_EQ(**result, GetParam().expected);
}

TEST_P(GoodRequest, is_neither_done_nor_refused_before_its_end) {
  const std::string_view input = GetParam().input;
  for (size_t cut = 0; cut < input.size(); ++cut) {
    ASSERT_EQ(find_head_end(input.substr(0, cut)), std::nullopt) << cut;
    ASSERT_EQ(refuse_unfinished_request(input.substr(0, cut)), std::nullopt) << cut;
    ASSERT_FALSE(parse_request(input.substr(0, cut))) << cut;
  }
}

TEST_P(GoodRequest, survives_being_written_and_read_again) {
  auto again = parse_request(serialize(GetParam().expected));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    , GoodRequest,
    testing::Values(
        Good{"origin_form",
             "GET /a?b=c HTTP/1.1\r\nHost: example.org\r\n\r\n",
             {"GET", "/a?b=c", 1, {{"Host", "example.org"}}}},
        Good{"absolute_form",
             "GET http://example.org/a HTTP/1.1\r\nHost: example.org\r\n\r\n",
             {"GET", "http://example.org/a", 1, {{"Host", "example.org"}}}},
        Good{"connect",
             "CONNECT huggingface.co:443 HTTP/1.1\r\nHost: huggingface.co:443\r\n\r\n",
             {"CONNECT", "huggingface.co:443", 1, {{"Host", "huggingface.co:443"}}}},
        Good{"connect_in_1_0_without_host",
             "CONNECT huggingface.co:443 HTTP/1.0\r\n\r\n",
             {"CONNECT", "huggingface.co:443", 0, {}}},
        Good{"options_of_all", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {"OPTIONS", "*", 1, {{"Host", "a"}}}},
        Good{"one_empty_line_in_front", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", {"GET", "/", 1, {{"Host", "a"}}}},
        Good{"white_space_around_values",
             "GET / HTTP/1.1\r\nHost:a\r\nA: \t b c \t\r\nB:\r\nC:   \r\n\r\n",
             {"GET", "/", 1, {{"Host", "a"}, {"A", "b c"}, {"B", ""}, {"C", ""}}}},
        Good{"bytes_above_ascii_in_values",
             "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\xff\r\n\r\n",
             {"GET", "/", 1, {{"Host", "a"}, {"X", "\xc3\xa4\xff"}}}},
        Good{"colons_and_odd_tokens",
             "M-SEARCH /%7e|{} HTTP/1.1\r\nHost: [::1]:80\r\n!#$%&'*+-.^_`|~: :a:b\r\n\r\n",
             {"M-SEARCH", "/%7e|{}", 1, {{"Host", "[::1]:80"}, {"!#$%&'*+-.^_`|~", ":a:b"}}}}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FindHeadEnd, stops_behind_the_first_empty_line) {
  EXPECT_EQ(find_head_end("A\r\n\r\nB\r\n\r\n"), 5u);
  EXPECT_EQ(find_head_end("A\n\nB"), 3u);
  EXPECT_EQ(find_head_end("A\n\r\nB"), 4u);
  EXPECT_EQ(find_head_end("A\r\n\nB"), 4u);
  EXPECT_EQ(find_head_end("A\r\r\nB\r\n"), std::nullopt);
  EXPECT_EQ(find_head_end(""), std::nullopt);
}

TEST(FindHeadEnd, goes_on_where_it_was_at_every_cut) {
  const std::string_view input = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  for (size_t scanned = 0; scanned < input.size(); ++scanned) {
    EXPECT_EQ(find_head_end(input, scanned), input.size()) << scanned;
  }
}

std::string request_with(size_t fields, const std::string& field) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (size_t i = 0; i < fields; ++i) head += field + "\r\n";
  return head + "\r\n";
}

int status_of(const std::string& head, const HeadLimits& limits = {}) {
  auto parsed = parse_request(head, limits);
  return parsed ? 200 : parsed.error().status;
}

TEST(HeadLimits, hold_to_the_byte) {
  HeadLimits limits;
  EXPECT_EQ(status_of(request_with(limits.fields - 1, "A: b")), 200);
  EXPECT_EQ(status_of(request_with(limits.fields, "A: b")), 431);
  EXPECT_EQ(status_of(request_with(1, std::string(limits.name, 'a') + ": b")), 200);
  EXPECT_EQ(status_of(request_with(1, std::string(limits.name + 1, 'a') + ": b")), 431);

  const std::string line = "GET / HTTP/1.1";
  limits.request_line = line.size();
  EXPECT_EQ(status_of(request_with(0, ""), limits), 200);
  limits.request_line = line.size() - 1;
  EXPECT_EQ(status_of(request_with(0, ""), limits), 414);

  limits = HeadLimits{};
  limits.head = request_with(0, "").size();
  EXPECT_EQ(status_of(request_with(0, ""), limits), 200);
  limits.head -= 1;
  EXPECT_EQ(status_of(request_with(0, ""), limits), 431);
}

TEST(HeadLimits, refuse_a_head_before_it_is_finished) {
  const HeadLimits limits;
  auto status = [](const std::string& bytes) {
    auto refusal = refuse_unfinished_request(bytes);
    return refusal ? refusal->status : 0;
  };
  EXPECT_EQ(status("GET /" + std::string(limits.request_line - 5, 'a')), 0);
  EXPECT_EQ(status("GET /" + std::string(limits.request_line - 4, 'a')), 414);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nA: " + std::string(limits.head, 'a')), 431);
  EXPECT_EQ(status("\x16\x03\x01"), 400);
  EXPECT_EQ(status("get / HTTP/1.1"), 400);
  EXPECT_EQ(status(" GET"), 400);
  EXPECT_EQ(status(std::string(33, 'A')), 501);
  EXPECT_EQ(status("\r"), 0);
  EXPECT_EQ(status("\r\n"), 0);
}

TEST(ParseResponse, takes_what_origins_send) {
  struct Case {
    std::string line;
    ResponseHead expected;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK", {200, "OK", 1, {{"A", "b"}}}},
      {"HTTP/1.0 404 Not Found", {404, "Not Found", 0, {{"A", "b"}}}},
      {"HTTP/1.1 200", {200, "", 1, {{"A", "b"}}}},
      {"HTTP/1.1 200 ", {200, "", 1, {{"A", "b"}}}},
      {"HTTP/1.1 599 \xc3\xa4 \t(odd) ", {599, "\xc3\xa4 \t(odd)", 1, {{"A", "b"}}}},
      {"HTTP/1.1 100 Continue", {100, "Continue", 1, {{"A", "b"}}}},
  };
  for (const Case& one : cases) {
    auto head = parse_response(one.line + "\r\nA: b\r\n\r\n");
    ASSERT_TRUE(head) << one.line << ": " << head.error().message;
    EXPECT_EQ(*head, one.expected) << one.line;
  }
}

TEST(ParseResponse, refuses_all_else_as_the_origins_fault) {
  using namespace std::string_literals;
  const std::string heads[] = {
      "",
      "\r\n",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n",
      "\r\nHTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\n\n",
      "HTTP/1.1 200 OK\nA: b\r\n\r\n",
      "HTTP/1.1 200 O\rK\r\n\r\n",
      "HTTP/1.1 200 O\0K\r\n\r\n"s,
      "HTTP/1.1 200OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 20\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 600 OK\r\n\r\n",
      "HTTP/1.1 -20 OK\r\n\r\n",
      "HTTP/1.1 0x2 OK\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "HTTP/1.1\t200 OK\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/2 200 OK\r\n\r\n",
      "http/1.1 200 OK\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\n A: folded\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
      "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n"s,
      "HTTP/1.1 200 OK\r\n\r\nbody",
      "HTTP/1.1 200 OK\r\nA: " + std::string(64 << 10, 'b') + "\r\n\r\n",
      "HTTP/1.1 200 OK\r\n" + std::string(257, 'a') + ": b\r\n\r\n",
  };
  for (const std::string& head : heads) {
    auto parsed = parse_response(head);
    ASSERT_FALSE(parsed) << head.substr(0, 60);
    EXPECT_EQ(parsed.error().status, 502) << head.substr(0, 60);
    EXPECT_FALSE(parsed.error().message.empty());
  }
}

}  // namespace
}  // namespace weir::http
