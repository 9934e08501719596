// SPDX-License-Identifier: Apache-2.0
#include "upstream/head_reader.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

// The outcome of all lines of `text`: a final head, nothing yet, or a refusal.
http::Parsed<std::optional<http::ResponseHead>> feed(HeadReader& reader, std::string_view text) {
  std::optional<http::ResponseHead> last;
  while (!text.empty()) {
    size_t end = text.find('\n');
    auto size = end == std::string_view::npos ? text.size() : end + 1;
    auto outcome = reader.on_line(text.substr(0, size));
    if (!outcome) return outcome;
    if (*outcome) last = **outcome;
    text.remove_prefix(size);
  }
  return last;
}

TEST(HeadReaderTest, gives_the_final_head_with_its_last_line) {
  HeadReader reader("GET");
  EXPECT_FALSE(reader.started());
  EXPECT_EQ(feed(reader, "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n").value(), std::nullopt);
  EXPECT_TRUE(reader.started());
  EXPECT_FALSE(reader.complete());
  EXPECT_EQ(feed(reader, "\r\n").value(), (http::ResponseHead{200, "OK", 1, {{"ETag", "\"a\""}}}));
  EXPECT_TRUE(reader.complete());
}

TEST(HeadReaderTest, drops_interim_heads_and_trailers) {
  HeadReader reader("GET");
  EXPECT_EQ(feed(reader, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n").value(),
            std::nullopt);
  EXPECT_EQ(feed(reader, "HTTP/1.1 204 No Content\r\n\r\n").value()->status, 204);
  EXPECT_EQ(feed(reader, "Checksum: 1\r\n\r\n").value(), std::nullopt);
}

TEST(HeadReaderTest, removes_hop_by_hop_fields_and_keeps_the_length) {
  HeadReader reader("GET");
  auto head = feed(reader,
                   "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\n"
                   "Content-Length: 3\r\n\r\n");
  EXPECT_EQ(head.value()->fields, (http::Fields{{"Content-Length", "3"}}));
}

struct Case {
  const char* name;
  std::string text;
};

std::string case_name(const testing::TestParamInfo<Case>& tested) {
  return tested.param.name;
}

class HeadReaderRefusals : public testing::TestWithParam<Case> {};

TEST_P(HeadReaderRefusals, refuses) {
  HeadReader reader("GET");
  auto outcome = feed(reader, GetParam().text);
  ASSERT_FALSE(outcome);
  EXPECT_FALSE(outcome.error().message.empty());
}

std::string repeated(std::string_view text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

INSTANTIATE_TEST_SUITE_P(
    , HeadReaderRefusals,
    testing::Values(
        Case{"length_and_coding", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
        Case{"two_lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n"},
        Case{"odd_length", "HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n"},
        Case{"another_coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
        Case{"coding_in_1_0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        Case{"folded", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"}, Case{"bare_line_feed", "HTTP/1.1 200 OK\nA: b\n\n"},
        Case{"space_before_colon", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"}, Case{"http_2", "HTTP/2 200\r\n\r\n"},
        Case{"bad_status", "HTTP/1.1 20 OK\r\n\r\n"}, Case{"switching", "HTTP/1.1 101 Switching Protocols\r\n\r\n"},
        Case{"interim_flood", repeated("HTTP/1.1 100 Continue\r\n\r\n", HeadReader::kMaxInterim + 1)},
        Case{"too_many_fields", "HTTP/1.1 200 OK\r\n" + repeated("A: b\r\n", HeadReader::kMaxFields + 1) + "\r\n"},
        Case{"too_large", "HTTP/1.1 200 OK\r\n" + repeated("A: " + std::string(1000, 'b') + "\r\n", 300)},
        Case{"large_trailers", "HTTP/1.1 200 OK\r\n\r\n" + repeated("A: " + std::string(1000, 'b') + "\r\n", 300)}),
    case_name);

TEST(HeadReaderTest, takes_what_is_just_within_the_bounds) {
  HeadReader reader("GET");
  EXPECT_EQ(feed(reader, repeated("HTTP/1.1 100 Continue\r\n\r\n", HeadReader::kMaxInterim)).value(), std::nullopt);
  EXPECT_EQ(feed(reader, "HTTP/1.1 200 OK\r\n" + repeated("A: b\r\n", HeadReader::kMaxFields) + "\r\n").value()->status,
            200);
}

}  // namespace
}  // namespace weir::upstream
