// SPDX-License-Identifier: Apache-2.0
#include "upstream/blob_answer.h"

#include <gtest/gtest.h>

#include <ostream>

namespace weir::upstream {
namespace {

using Kind = BlobAnswer::Kind;

struct Case {
  const char* name;
  int status;
  http::Fields fields;
  uint64_t offset;  // in a blob of 1000 bytes
  Kind kind;
  uint64_t skip = 0;
  std::optional<Duration> retry_after = std::nullopt;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

class BlobAnswerTest : public testing::TestWithParam<Case> {};

TEST_P(BlobAnswerTest, is_judged) {
  auto answer =
      judge_blob_answer({GetParam().status, "", 1, GetParam().fields}, {GetParam().offset, 1000, std::nullopt});
  EXPECT_EQ(answer.kind, GetParam().kind) << answer.reason;
  EXPECT_EQ(answer.skip, GetParam().skip);
  EXPECT_EQ(answer.retry_after, GetParam().retry_after);
  EXPECT_EQ(answer.reason.empty(), GetParam().kind == Kind::use);
}

http::Fields length(const char* value) {
  return {{"Content-Length", value}};
}
http::Fields range(const char* value) {
  return {{"Content-Range", value}};
}
http::Fields retry(const char* value) {
  return {{"Retry-After", value}};
}

http::Fields retry_at(const char* value) {
  return {{"Date", "Sun, 06 Nov 1994 08:49:30 GMT"}, {"Retry-After", value}};
}

INSTANTIATE_TEST_SUITE_P(
    , BlobAnswerTest,
    testing::Values(Case{"whole", 200, length("1000"), 0, Kind::use},
                    Case{"whole_without_length", 200, {}, 0, Kind::use},
                    Case{"whole_for_a_part", 200, length("1000"), 400, Kind::use, 400},
                    Case{"whole_of_another_length", 200, length("999"), 0, Kind::broken},
                    Case{"whole_of_no_length", 200, length("x"), 0, Kind::broken},
                    Case{"rest_as_if_it_were_whole", 200, length("600"), 400, Kind::broken},
                    Case{"rest", 206, range("bytes 400-999/1000"), 400, Kind::use},
                    Case{"whole_as_a_part", 206, range("bytes 0-999/1000"), 0, Kind::use},
                    Case{"first_half_of_the_rest", 206, range("bytes 400-499/1000"), 400, Kind::use},
                    Case{"part_without_range", 206, {}, 400, Kind::broken},
                    Case{"part_of_unknown_size", 206, range("bytes 400-999/*"), 400, Kind::broken},
                    Case{"part_of_another_size", 206, range("bytes 400-999/1001"), 400, Kind::broken},
                    Case{"earlier_part", 206, range("bytes 0-999/1000"), 400, Kind::broken},
                    Case{"later_part", 206, range("bytes 401-999/1000"), 400, Kind::broken},
                    Case{"multipart", 206, {{"Content-Type", "multipart/byteranges; boundary=x"}}, 400, Kind::broken},
                    Case{"identity", 200, {{"Content-Encoding", "Identity"}}, 0, Kind::use},
                    Case{"gzip", 200, {{"Content-Encoding", "gzip"}}, 0, Kind::broken},
                    Case{"gzip_of_an_error", 503, {{"Content-Encoding", "gzip"}}, 0, Kind::later},
                    Case{"no_content", 204, {}, 0, Kind::refused},
                    Case{"part_of_another_length",
                         206,
                         {{"Content-Range", "bytes 400-999/1000"}, {"Content-Length", "601"}},
                         400,
                         Kind::broken},
                    Case{"part_that_says_it_twice",
                         206,
                         {{"Content-Range", "bytes 400-999/1000"}, {"Content-Range", "bytes 0-999/1000"}},
                         400,
                         Kind::broken},
                    Case{"redirect", 302, {{"Location", "/b"}}, 0, Kind::redirect},
                    Case{"not_modified", 304, {}, 0, Kind::refused}, Case{"bad_request", 400, {}, 0, Kind::refused},
                    Case{"unauthorized", 401, {}, 0, Kind::expired}, Case{"forbidden", 403, {}, 0, Kind::expired},
                    Case{"gone", 410, {}, 0, Kind::expired}, Case{"missing", 404, {}, 0, Kind::refused},
                    Case{"unsatisfiable", 416, range("bytes */1000"), 400, Kind::broken},
                    Case{"timeout", 408, {}, 0, Kind::later}, Case{"too_many", 429, {}, 0, Kind::busy},
                    Case{"too_many_for_seconds", 429, retry("7"), 0, Kind::busy, 0, Duration(7'000)},
                    Case{"too_many_for_hours", 429, retry("86400"), 0, Kind::busy, 0, Duration(300'000)},
                    Case{"too_many_until_a_date", 429, retry("Sun, 06 Nov 1994 08:49:37 GMT"), 0, Kind::busy},
                    Case{"too_many_until_a_date_by_its_clock", 429, retry_at("Sun, 06 Nov 1994 08:49:37 GMT"), 0,
                         Kind::busy, 0, Duration(7'000)},
                    Case{"too_many_until_a_date_that_has_passed", 429, retry_at("Sun, 06 Nov 1994 08:49:29 GMT"), 0,
                         Kind::busy, 0, Duration(0)},
                    Case{"too_many_until_next_year", 429, retry_at("Mon, 06 Nov 1995 08:49:37 GMT"), 0, Kind::busy, 0,
                         Duration(300'000)},
                    Case{"too_many_for_ever", 429, retry("99999999999999999999999"), 0, Kind::busy},
                    Case{"internal_error", 500, {}, 0, Kind::later},
                    Case{"unavailable", 503, retry("0"), 0, Kind::later, 0, Duration(0)},
                    Case{"odd_error", 599, {}, 0, Kind::later}),
    [](const auto& tested) { return tested.param.name; });

// --- entity tags

Kind kind_with(const char* known, const char* tag, int status = 200) {
  http::Fields fields{{"ETag", tag}};
  if (status == 206) fields.add("Content-Range", "bytes 400-999/1000");
  BlobQuestion question{status == 206 ? 400U : 0U, 1000, http::parse_entity_tag(known)};
  return judge_blob_answer({status, "", 1, fields}, question).kind;
}

TEST(BlobAnswerTags, another_strong_tag_is_a_change) {
  EXPECT_EQ(kind_with("\"a\"", "\"b\""), Kind::changed);
  EXPECT_EQ(kind_with("\"a\"", "\"b\"", 206), Kind::changed);
}

TEST(BlobAnswerTags, the_same_one_an_unknown_one_and_weak_ones_are_none) {
  EXPECT_EQ(kind_with("\"a\"", "\"a\""), Kind::use);
  EXPECT_EQ(kind_with("", "\"b\""), Kind::use);
  EXPECT_EQ(kind_with("\"a\"", "W/\"b\""), Kind::use);
  EXPECT_EQ(kind_with("\"a\"", "no tag"), Kind::use);
}

}  // namespace
}  // namespace weir::upstream
