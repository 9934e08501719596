// SPDX-License-Identifier: Apache-2.0
#include "http/multipart_ranges.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

using Kind = RangeSpec::Kind;

const std::string kRandom(16, '\xa5');
const std::string kBoundary = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";

std::string body_of(const MultipartRanges& multipart, std::string_view file) {
  std::string body;
  for (size_t i = 0; i < multipart.ranges().size(); ++i) {
    const auto range = multipart.ranges()[i].range;
    body += multipart.head_of(i);
    body += file.substr(range.begin, range.size());
  }
  return body + multipart.end();
}

TEST(MultipartRanges, are_written_as_the_rfc_shows) {
  MultipartRanges multipart({{{0, 3}, Kind::closed}, {{8, 10}, Kind::suffix}}, 10, "text/plain", kRandom);
  EXPECT_EQ(multipart.content_type(), "multipart/byteranges; boundary=" + kBoundary);
  auto body = body_of(multipart, "0123456789");
  EXPECT_EQ(body, "--" + kBoundary +
                      "\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-2/10\r\n\r\n"
                      "012\r\n--" +
                      kBoundary +
                      "\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n"
                      "89\r\n--" +
                      kBoundary + "--\r\n");
  EXPECT_EQ(multipart.length(), body.size());
}

TEST(MultipartRanges, need_no_content_type) {
  MultipartRanges multipart({{{1, 2}, Kind::closed}, {{9, 10}, Kind::open}}, 10, "", kRandom);
  auto body = body_of(multipart, "0123456789");
  EXPECT_EQ(body.find("Content-Type"), std::string::npos);
  EXPECT_EQ(multipart.length(), body.size());
}

TEST(MultipartRanges, know_their_length_for_every_count) {
  const std::string file(100'000, 'x');
  for (size_t count = 1; count <= kMaxParts; ++count) {
    std::vector<AnsweredRange> ranges;
    for (size_t i = 0; i < count; ++i) ranges.push_back({{i * 1000, i * 1000 + i * 10 + 1}, Kind::closed});
    MultipartRanges multipart(ranges, file.size(), "application/octet-stream", kRandom);
    ASSERT_EQ(multipart.length(), body_of(multipart, file).size()) << count;
  }
}

TEST(MultipartRanges, do_not_overflow) {
  MultipartRanges multipart({{{0, 1}, Kind::closed}, {{100, UINT64_MAX}, Kind::open}}, UINT64_MAX, "", kRandom);
  EXPECT_EQ(multipart.length(), UINT64_MAX);
}

TEST(MultipartRanges, take_a_boundary_from_the_random_bytes) {
  auto type = [](const std::string& random) {
    return MultipartRanges({{{0, 1}, Kind::closed}}, 10, "", random).content_type();
  };
  EXPECT_NE(type(std::string(16, 'a')), type(std::string(16, 'b')));
  EXPECT_EQ(type(std::string(100, 'a')), type(std::string(16, 'a')));
}

}  // namespace
}  // namespace weir::http
