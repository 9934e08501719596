// SPDX-License-Identifier: Apache-2.0
#include "http/range.h"

#include <gmock/gmock.h>

#include <ostream>

namespace weir {
void PrintTo(const ByteRange& range, std::ostream* out) {
  *out << "[" << range.begin << ", " << range.end << ")";
}
}  // namespace weir

namespace weir::http {
namespace {

using Kind = RangeSpec::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ParseRange, reads_each_kind) {
  EXPECT_THAT(parse_range("bytes=0-0"), ElementsAre(RangeSpec{Kind::closed, 0, 0}));
  EXPECT_THAT(parse_range("bytes=5-9"), ElementsAre(RangeSpec{Kind::closed, 5, 9}));
  EXPECT_THAT(parse_range("bytes=5-"), ElementsAre(RangeSpec{Kind::open, 5, 0}));
  EXPECT_THAT(parse_range("bytes=-5"), ElementsAre(RangeSpec{Kind::suffix, 5, 0}));
  EXPECT_THAT(parse_range("bytes=-0"), ElementsAre(RangeSpec{Kind::suffix, 0, 0}));
  EXPECT_THAT(parse_range("BYTES=007-"), ElementsAre(RangeSpec{Kind::open, 7, 0}));
  EXPECT_THAT(parse_range("bytes=0-18446744073709551615"), ElementsAre(RangeSpec{Kind::closed, 0, UINT64_MAX}));
  EXPECT_THAT(parse_range("bytes=18446744073709551615-"), ElementsAre(RangeSpec{Kind::open, UINT64_MAX, 0}));
  EXPECT_THAT(parse_range("bytes=-18446744073709551615"), ElementsAre(RangeSpec{Kind::suffix, UINT64_MAX, 0}));
}

TEST(ParseRange, reads_several) {
  EXPECT_THAT(parse_range("bytes=0-1, 5- ,\t-3"),
              ElementsAre(RangeSpec{Kind::closed, 0, 1}, RangeSpec{Kind::open, 5, 0}, RangeSpec{Kind::suffix, 3, 0}));
  EXPECT_THAT(parse_range("bytes=,0-1,,2-3,"),
              ElementsAre(RangeSpec{Kind::closed, 0, 1}, RangeSpec{Kind::closed, 2, 3}));
}

// Every start of a Range is either ignored, or asks for what it says so far.
TEST(ParseRange, invents_nothing_at_any_cut) {
  const std::string value = "bytes=10-19,30-,-5";
  for (size_t cut = 0; cut < value.size(); ++cut) {
    for (const auto& spec : parse_range(value.substr(0, cut))) {
      EXPECT_TRUE(spec.first == 1 || spec.first == 3 || spec.first == 10 || spec.first == 30 || spec.first == 5)
          << value.substr(0, cut);
    }
  }
}

TEST(ParseRange, ignores_what_it_does_not_understand) {
  for (std::string_view value : {"",
                                 "bytes",
                                 "bytes=",
                                 "bytes= ",
                                 "bytes=,",
                                 "bytes=-",
                                 "bytes=a-b",
                                 "bytes=1",
                                 "bytes=1-a",
                                 "bytes=a-1",
                                 "bytes=5-4",
                                 "bytes=0-1,5-4",
                                 "bytes=0-1,x",
                                 "bytes=--1",
                                 "bytes=1--2",
                                 "bytes=1-2-3",
                                 "bytes=+1-2",
                                 "bytes=1-+2",
                                 "bytes=0x1-2",
                                 "bytes=1 -2",
                                 "bytes=1- 2",
                                 "bytes =0-1",
                                 "bytes:0-1",
                                 "bytes 0-1",
                                 "items=0-1",
                                 "xbytes=0-1",
                                 "bytesx=0-1",
                                 "0-1",
                                 "=0-1",
                                 "bytes=18446744073709551616-",
                                 "bytes=0-18446744073709551616",
                                 "bytes=-18446744073709551616",
                                 "bytes=0-99999999999999999999999999",
                                 "bytes=0-1;2-3",
                                 "bytes=\"0-1\"",
                                 "bytes=0-1.5"}) {
    EXPECT_THAT(parse_range(value), IsEmpty()) << value;
  }
}

TEST(RangeSpec, means_bytes_of_a_file) {
  struct Case {
    std::string_view value;
    uint64_t size;
    std::optional<ByteRange> expected;
  };
  const Case cases[] = {
      {"bytes=0-0", 10, ByteRange{0, 1}},
      {"bytes=0-9", 10, ByteRange{0, 10}},
      {"bytes=0-10", 10, ByteRange{0, 10}},
      {"bytes=9-9", 10, ByteRange{9, 10}},
      {"bytes=10-10", 10, std::nullopt},
      {"bytes=0-18446744073709551615", 10, ByteRange{0, 10}},
      {"bytes=18446744073709551615-18446744073709551615", 10, std::nullopt},
      {"bytes=0-18446744073709551615", UINT64_MAX, ByteRange{0, UINT64_MAX}},
      {"bytes=18446744073709551615-", UINT64_MAX, std::nullopt},
      {"bytes=0-", 10, ByteRange{0, 10}},
      {"bytes=9-", 10, ByteRange{9, 10}},
      {"bytes=10-", 10, std::nullopt},
      {"bytes=11-", 10, std::nullopt},
      {"bytes=-1", 10, ByteRange{9, 10}},
      {"bytes=-10", 10, ByteRange{0, 10}},
      {"bytes=-11", 10, ByteRange{0, 10}},
      {"bytes=-18446744073709551615", 10, ByteRange{0, 10}},
      {"bytes=-0", 10, std::nullopt},
      {"bytes=0-", 0, std::nullopt},
      {"bytes=0-0", 0, std::nullopt},
      {"bytes=-1", 0, std::nullopt},
  };
  for (const Case& one : cases) {
    const auto specs = parse_range(one.value);
    ASSERT_EQ(specs.size(), 1u) << one.value;
    EXPECT_EQ(specs[0].within(one.size), one.expected) << one.value << " of " << one.size;
  }
}

struct Judged {
  std::string_view value;
  uint64_t size;
  RangeVerdict expected;
};

void PrintTo(const Judged& judged, std::ostream* out) {
  *out << judged.value << " of " << judged.size;
}

class JudgeRanges : public testing::TestWithParam<Judged> {};

TEST_P(JudgeRanges, answers_as_the_rfc_allows) {
  EXPECT_EQ(judge_ranges(parse_range(GetParam().value), GetParam().size), GetParam().expected);
}

constexpr auto kWhole = RangeVerdict::Kind::whole;
constexpr auto kPart = RangeVerdict::Kind::part;
constexpr auto kParts = RangeVerdict::Kind::parts;
constexpr auto kUnsatisfiable = RangeVerdict::Kind::unsatisfiable;

INSTANTIATE_TEST_SUITE_P(
    , JudgeRanges,
    testing::Values(
        Judged{"", 1000, {}}, Judged{"bytes=x", 1000, {}}, Judged{"bytes=0-1,x", 1000, {kWhole, {}}},
        Judged{"bytes=0-9", 1000, {kPart, {{{0, 10}, Kind::closed}}}},
        Judged{"bytes=0-", 1000, {kPart, {{{0, 1000}, Kind::open}}}},
        Judged{"bytes=-9", 1000, {kPart, {{{991, 1000}, Kind::suffix}}}},
        Judged{"bytes=1000-", 1000, {kUnsatisfiable, {}}}, Judged{"bytes=-0", 1000, {kUnsatisfiable, {}}},
        Judged{"bytes=1000-,-0,2000-3000", 1000, {kUnsatisfiable, {}}}, Judged{"bytes=0-0", 0, {kUnsatisfiable, {}}},
        // what cannot be satisfied is left out
        Judged{"bytes=1000-,5-9", 1000, {kPart, {{{5, 10}, Kind::closed}}}},
        Judged{"bytes=500-509,1000-1001,0-9", 1000, {kParts, {{{500, 510}, Kind::closed}, {{0, 10}, Kind::closed}}}},
        // in the order of the request
        Judged{"bytes=0-0,-1", 1000, {kParts, {{{0, 1}, Kind::closed}, {{999, 1000}, Kind::suffix}}}},
        Judged{"bytes=-1,0-0", 1000, {kParts, {{{999, 1000}, Kind::suffix}, {{0, 1}, Kind::closed}}}},
        Judged{"bytes=900-,500-509,0-9",
               1000,
               {kParts, {{{900, 1000}, Kind::open}, {{500, 510}, Kind::closed}, {{0, 10}, Kind::closed}}}},
        // overlapping, adjacent and nearly so
        Judged{"bytes=0-9,5-19", 1000, {kPart, {{{0, 20}, Kind::closed}}}},
        Judged{"bytes=5-19,0-9", 1000, {kPart, {{{0, 20}, Kind::closed}}}},
        Judged{"bytes=0-99,20-29", 1000, {kPart, {{{0, 100}, Kind::closed}}}},
        Judged{"bytes=0-9,10-19", 1000, {kPart, {{{0, 20}, Kind::closed}}}},
        Judged{"bytes=0-9,89-99", 1000, {kPart, {{{0, 100}, Kind::closed}}}},
        Judged{"bytes=0-9,90-99", 1000, {kParts, {{{0, 10}, Kind::closed}, {{90, 100}, Kind::closed}}}},
        Judged{"bytes=0-9,0-9,0-9", 1000, {kPart, {{{0, 10}, Kind::closed}}}},
        // merged ones stand where the first of them stood
        Judged{"bytes=800-809,400-409,805-819,0-9",
               1000,
               {kParts, {{{800, 820}, Kind::closed}, {{400, 410}, Kind::closed}, {{0, 10}, Kind::closed}}}},
        Judged{"bytes=805-819,0-9,400-409,800-809",
               1000,
               {kParts, {{{800, 820}, Kind::closed}, {{0, 10}, Kind::closed}, {{400, 410}, Kind::closed}}}},
        // an open one keeps its meaning
        Judged{"bytes=0-9,5-", 1000, {kPart, {{{0, 1000}, Kind::open}}}},
        Judged{"bytes=5-,0-9", 1000, {kPart, {{{0, 1000}, Kind::open}}}},
        // near the largest numbers
        Judged{
            "bytes=0-18446744073709551615,18446744073709551614-", UINT64_MAX, {kPart, {{{0, UINT64_MAX}, Kind::open}}}},
        Judged{"bytes=18446744073709551614-18446744073709551615,0-0",
               UINT64_MAX,
               {kParts, {{{UINT64_MAX - 1, UINT64_MAX}, Kind::closed}, {{0, 1}, Kind::closed}}}},
        Judged{"bytes=-18446744073709551615,-1", UINT64_MAX, {kPart, {{{0, UINT64_MAX}, Kind::suffix}}}}));

std::string many(size_t count, uint64_t distance) {
  std::string value = "bytes=0-0";
  for (size_t i = 1; i < count; ++i) value += "," + std::to_string(i * distance) + "-" + std::to_string(i * distance);
  return value;
}

TEST(JudgeRangesTest, takes_64_parts_and_no_more) {
  EXPECT_EQ(judge_ranges(parse_range(many(64, 1000)), 1'000'000).ranges.size(), 64u);
  EXPECT_EQ(judge_ranges(parse_range(many(65, 1000)), 1'000'000), RangeVerdict{});
  // They count once they are merged.
  EXPECT_EQ(judge_ranges(parse_range(many(5000, 10)), 1'000'000), (RangeVerdict{kPart, {{{0, 49'991}, Kind::closed}}}));
}

TEST(ParseContentRange, reads_what_is_whole) {
  EXPECT_EQ(parse_content_range("bytes 0-0/1"), (ContentRange{{0, 1}, 1}));
  EXPECT_EQ(parse_content_range("Bytes 5-9/100"), (ContentRange{{5, 10}, 100}));
  EXPECT_EQ(parse_content_range("bytes 0-18446744073709551614/18446744073709551615"),
            (ContentRange{{0, UINT64_MAX}, UINT64_MAX}));
}

TEST(ParseContentRange, refuses_all_else) {
  for (std::string_view value : {"",
                                 "bytes",
                                 "bytes ",
                                 "bytes */10",
                                 "bytes 0-1/*",
                                 "bytes 5-4/10",
                                 "bytes 0-10/10",
                                 "bytes 10-10/10",
                                 "bytes 0-0/0",
                                 "bytes 0-/10",
                                 "bytes -5/10",
                                 "bytes 0-1",
                                 "bytes 0-1/",
                                 "bytes /10",
                                 "bytes=0-1/10",
                                 "bytes  0-1/10",
                                 "bytes 0 -1/10",
                                 "bytes 0-1/10 ",
                                 "bytes 0-1/10/10",
                                 "items 0-1/10",
                                 "bytes 0-18446744073709551615/18446744073709551615",
                                 "bytes 0-1/18446744073709551616",
                                 "bytes 0-1,2-3/10"}) {
    EXPECT_EQ(parse_content_range(value), std::nullopt) << value;
  }
}

TEST(ContentRange, survives_being_written_and_read_again) {
  EXPECT_EQ(content_range({0, 1}, 1), "bytes 0-0/1");
  for (const ContentRange& one :
       {ContentRange{{0, 1}, 1}, ContentRange{{5, 10}, 10}, ContentRange{{0, UINT64_MAX}, UINT64_MAX}}) {
    EXPECT_EQ(parse_content_range(content_range(one.range, one.size)), one);
  }
  EXPECT_EQ(unsatisfied_range(0), "bytes */0");
  EXPECT_EQ(unsatisfied_range(UINT64_MAX), "bytes */18446744073709551615");
}

}  // namespace
}  // namespace weir::http
