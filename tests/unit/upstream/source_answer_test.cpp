// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_answer.h"

#include <gtest/gtest.h>

#include <ostream>

namespace weir::upstream {
namespace {

using Kind = SourceAnswer::Kind;

const std::string kDigest(64, 'a');
const std::string kOther(64, 'b');
constexpr ByteRange kWhole{0, 1000};
constexpr ByteRange kPart{400, 600};

struct Case {
  const char* name;
  SourceKind source;
  int status;
  http::Fields fields;
  ByteRange asked;  // of a blob of 1000 bytes
  Kind kind;
  std::optional<Duration> pause = std::nullopt;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

SourceQuestion question(const Case& tested) {
  return {tested.source, *Sha256::from_hex(kDigest), tested.asked, 1000, SourceQuestion::Answerer::source};
}

class SourceAnswerTest : public testing::TestWithParam<Case> {};

TEST_P(SourceAnswerTest, is_judged) {
  auto answer = judge_source_answer({GetParam().status, "", 1, GetParam().fields}, question(GetParam()));
  EXPECT_EQ(answer.kind, GetParam().kind) << answer.reason;
  EXPECT_EQ(answer.pause, GetParam().pause);
  EXPECT_EQ(answer.reason.empty(), GetParam().kind == Kind::use);
}

http::Fields range(const std::string& value) {
  return {{"Content-Range", value}};
}
http::Fields page() {
  return {{"Content-Type", "text/html; charset=utf-8"}, {"Content-Length", "321"}};
}
http::Fields linked(const std::string& etag, const std::string& size) {
  return {{"X-Linked-ETag", "\"" + etag + "\""}, {"X-Linked-Size", size}, {"Location", "https://cdn.test/x"}};
}

constexpr auto kWeb = SourceKind::storj;
constexpr auto kMirror = SourceKind::mirror;
constexpr auto kPeer = SourceKind::peer;
constexpr Duration kLong{300'000};

INSTANTIATE_TEST_SUITE_P(
    Bytes, SourceAnswerTest,
    testing::Values(
        Case{"part", kWeb, 206, range("bytes 400-599/1000"), kPart, Kind::use},
        Case{"begin_of_the_part", kPeer, 206, range("bytes 400-499/1000"), kPart, Kind::use},
        Case{"part_with_its_length",
             kWeb,
             206,
             {{"Content-Range", "bytes 400-599/1000"}, {"Content-Length", "200"}},
             kPart,
             Kind::use},
        Case{"part_of_a_page_file",
             kWeb,
             206,
             {{"Content-Range", "bytes 400-599/1000"}, {"Content-Type", "text/html"}},
             kPart,
             Kind::use},
        Case{"whole", kWeb, 200, {{"Content-Length", "1000"}}, kWhole, Kind::use},
        Case{"whole_without_length", kWeb, 200, {}, kWhole, Kind::use},
        Case{"whole_as_a_part", kWeb, 206, range("bytes 0-999/1000"), kWhole, Kind::use},
        Case{"range_ignored", kWeb, 200, {{"Content-Length", "1000"}}, kPart, Kind::unfit},
        Case{"range_ignored_without_length", kWeb, 200, {}, kPart, Kind::unfit},
        Case{"rest_as_a_whole", kWeb, 200, {{"Content-Length", "200"}}, kPart, Kind::lies},
        Case{"another_length", kWeb, 200, {{"Content-Length", "999"}}, kWhole, Kind::lies},
        Case{"length_that_is_none", kWeb, 200, {{"Content-Length", "x"}}, kWhole, Kind::lies},
        Case{"part_without_range", kWeb, 206, {}, kPart, Kind::lies},
        Case{"multipart", kWeb, 206, {{"Content-Type", "multipart/byteranges; boundary=x"}}, kPart, Kind::lies},
        Case{"part_of_another_size", kWeb, 206, range("bytes 400-599/1001"), kPart, Kind::lies},
        Case{"part_of_unknown_size", kWeb, 206, range("bytes 400-599/*"), kPart, Kind::lies},
        Case{"earlier_part", kWeb, 206, range("bytes 399-599/1000"), kPart, Kind::lies},
        Case{"later_part", kWeb, 206, range("bytes 401-599/1000"), kPart, Kind::lies},
        Case{"longer_part", kWeb, 206, range("bytes 400-600/1000"), kPart, Kind::lies},
        Case{"part_with_another_length",
             kWeb,
             206,
             {{"Content-Range", "bytes 400-599/1000"}, {"Content-Length", "201"}},
             kPart,
             Kind::lies},
        Case{"part_that_says_it_twice",
             kWeb,
             206,
             {{"Content-Range", "bytes 400-599/1000"}, {"Content-Range", "bytes 0-199/1000"}},
             kPart,
             Kind::lies},
        Case{"gzip",
             kWeb,
             206,
             {{"Content-Range", "bytes 400-599/1000"}, {"Content-Encoding", "gzip"}},
             kPart,
             Kind::unfit},
        Case{"page_in_place_of_bytes", kWeb, 200, page(), kPart, Kind::has_not},
        Case{"page_in_place_of_the_whole", kWeb, 200, page(), kWhole, Kind::has_not},
        Case{"page_without_length", kMirror, 200, {{"Content-Type", "text/html"}}, kWhole, Kind::has_not},
        Case{"page_that_is_the_file",
             kWeb,
             200,
             {{"Content-Type", "text/html"}, {"Content-Length", "1000"}},
             kWhole,
             Kind::use}),
    [](const auto& tested) { return tested.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Refusals, SourceAnswerTest,
    testing::Values(
        Case{"missing", kWeb, 404, page(), kPart, Kind::has_not}, Case{"gone", kMirror, 410, {}, kPart, Kind::has_not},
        Case{"bandwidth_used_up", kWeb, 403, page(), kPart, Kind::refuses, kLong},
        Case{"bandwidth_used_up_for_a_time", kWeb, 403, {{"Retry-After", "7"}}, kPart, Kind::refuses, Duration(7'000)},
        Case{"gated", kMirror, 403, {}, kPart, Kind::refuses},
        Case{"needs_a_token", kMirror, 401, {}, kPart, Kind::refuses},
        Case{"unpaired", kPeer, 403, {}, kPart, Kind::refuses}, Case{"unpaid", kWeb, 402, {}, kPart, Kind::refuses},
        Case{"odd", kWeb, 204, {}, kPart, Kind::refuses}, Case{"not_modified", kWeb, 304, {}, kPart, Kind::refuses},
        Case{"too_many", kWeb, 429, page(), kPart, Kind::busy},
        Case{"too_many_for_seconds", kWeb, 429, {{"Retry-After", "3"}}, kPart, Kind::busy, Duration(3'000)},
        Case{"timeout", kWeb, 408, {}, kPart, Kind::fails}, Case{"error", kWeb, 500, page(), kPart, Kind::fails},
        Case{"unavailable", kWeb, 503, {{"Retry-After", "20"}}, kPart, Kind::fails, Duration(20'000)},
        Case{"unavailable_for_ever", kWeb, 503, {{"Retry-After", "9999999"}}, kPart, Kind::fails, kLong},
        Case{"not_that_part", kPeer, 416, range("bytes */1000"), kPart, Kind::has_not},
        Case{"not_that_part_of_unknown_size", kPeer, 416, {}, kPart, Kind::has_not},
        Case{"a_shorter_file", kWeb, 416, range("bytes */300"), kPart, Kind::lies}),
    [](const auto& tested) { return tested.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Places, SourceAnswerTest,
    testing::Values(Case{"folder", kWeb, 303, {{"Location", "/raw/a/b/?prefix"}}, kPart, Kind::has_not},
                    Case{"moved", kWeb, 301, {{"Location", "/b"}}, kPart, Kind::redirect},
                    Case{"cdn_of_a_mirror", kMirror, 302, linked(kDigest, "1000"), kPart, Kind::redirect},
                    Case{"see_other_at_a_mirror", kMirror, 303, linked(kDigest, "1000"), kPart, Kind::redirect},
                    Case{"cdn_of_a_mirror_without_names", kMirror, 302, {}, kPart, Kind::redirect},
                    Case{"another_file_of_a_mirror", kMirror, 302, linked(kOther, "1000"), kPart, Kind::has_not},
                    Case{"another_size_of_a_mirror", kMirror, 302, linked(kDigest, "999"), kPart, Kind::has_not},
                    Case{"redirecting_peer", kPeer, 302, {{"Location", "/b"}}, kPart, Kind::refuses}),
    [](const auto& tested) { return tested.param.name; });

// --- entity tags

Kind kind_with(SourceKind source, const std::string& tag,
               SourceQuestion::Answerer answerer = SourceQuestion::Answerer::source) {
  http::Fields fields{{"ETag", tag}, {"Content-Range", "bytes 400-599/1000"}};
  return judge_source_answer({206, "", 1, fields}, {source, *Sha256::from_hex(kDigest), kPart, 1000, answerer}).kind;
}

TEST(SourceAnswerTags, a_mirror_and_a_peer_name_the_digest) {
  for (auto source : {kMirror, kPeer}) {
    EXPECT_EQ(kind_with(source, "\"" + kDigest + "\""), Kind::use);
    EXPECT_EQ(kind_with(source, "\"" + kOther + "\""), Kind::has_not);
    EXPECT_EQ(kind_with(source, "\"0123456789abcdef\""), Kind::use);
    EXPECT_EQ(kind_with(source, "W/\"" + kOther + "\""), Kind::use);
  }
}

TEST(SourceAnswerTags, elsewhere_a_tag_may_mean_anything) {
  EXPECT_EQ(kind_with(kWeb, "\"" + kOther + "\""), Kind::use);
  EXPECT_EQ(kind_with(kMirror, "\"" + kOther + "\"", SourceQuestion::Answerer::another), Kind::use);
}

TEST(SourceAnswerTags, the_linked_one_goes_first) {
  http::Fields fields{{"ETag", "\"" + kOther + "\""},
                      {"X-Linked-ETag", "\"" + kDigest + "\""},
                      {"Content-Range", "bytes 400-599/1000"}};
  SourceQuestion asked{kMirror, *Sha256::from_hex(kDigest), kPart, 1000, SourceQuestion::Answerer::source};
  EXPECT_EQ(judge_source_answer({206, "", 1, fields}, asked).kind, Kind::use);
}

TEST(SourceAnswerRange, is_the_one_that_comes) {
  SourceQuestion asked{kPeer, *Sha256::from_hex(kDigest), kPart, 1000, SourceQuestion::Answerer::source};
  auto answer = judge_source_answer({206, "", 1, range("bytes 400-499/1000")}, asked);
  EXPECT_EQ(answer.range, (ByteRange{400, 500}));
}

}  // namespace
}  // namespace weir::upstream
