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

TEST(ParseRange, takes_64_and_no_more) {
  auto ranges = [](size_t count) {
    std::string value = "bytes=0-0";
    for (size_t i = 1; i < count; ++i) value += ",0-0";
    return parse_range(value).size();
  };
  EXPECT_EQ(ranges(64), 64u);
  EXPECT_EQ(ranges(65), 0u);
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
