// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.h"

#include <gtest/gtest.h>

#include <ostream>

namespace weir::http {
namespace {

using namespace std::string_literals;

// What a decoder made of a body that came in pieces.
struct Outcome {
  std::string data;
  size_t consumed = 0;
  bool done = false;
  int status = 200;

  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << testing::PrintToString(outcome.data.substr(0, 80)) << " consumed " << outcome.consumed
       << (outcome.done ? " done " : " open ") << outcome.status;
}

Outcome decode(const std::vector<std::string_view>& pieces) {
  ChunkedDecoder decoder;
  Outcome outcome;
  for (std::string_view piece : pieces) {
    auto consumed = decoder.decode(piece, outcome.data);
    if (!consumed) {
      outcome.status = consumed.error().status;
      outcome.consumed = 0;  // where it noticed is of no interest
      return outcome;
    }
    outcome.consumed += *consumed;
  }
  outcome.done = decoder.done();
  return outcome;
}

std::vector<std::string_view> bytes_of(std::string_view input) {
  std::vector<std::string_view> bytes;
  for (size_t i = 0; i < input.size(); ++i) bytes.push_back(input.substr(i, 1));
  return bytes;
}

struct Case {
  const char* name;
  std::string input;
  Outcome expected;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}
std::string case_name(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

Case good(const char* name, const std::string& input, const std::string& data, size_t behind = 0) {
  return {name, input, {data, input.size() - behind, true, 200}};
}
Case bad(const char* name, const std::string& input, const std::string& data, int status = 400) {
  return {name, input, {data, 0, false, status}};
}
Case open(const char* name, const std::string& input, const std::string& data) {
  return {name, input, {data, input.size(), false, 200}};
}

class Chunked : public testing::TestWithParam<Case> {};

TEST_P(Chunked, is_decoded_alike_at_every_cut) {
  const std::string_view input = GetParam().input;
  const size_t step = input.size() > 8192 ? 509 : 1;
  for (size_t cut = 0; cut <= input.size(); cut += step) {
    ASSERT_EQ(decode({input.substr(0, cut), input.substr(cut)}), GetParam().expected) << "cut after byte " << cut;
  }
  EXPECT_EQ(decode(bytes_of(input)), GetParam().expected);
}

const size_t kExtension = ChunkLimits{}.extension;
const size_t kTrailers = ChunkLimits{}.trailers;

INSTANTIATE_TEST_SUITE_P(
    good, Chunked,
    testing::Values(good("one", "5\r\nhello\r\n0\r\n\r\n", "hello"), good("empty", "0\r\n\r\n", ""),
                    good("several", "1\r\na\r\n2\r\nbc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", "abc0123456789abcdef"),
                    good("upper_and_lower_hex", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
                         "01234567890123456789"),
                    good("leading_zeros", "0000000000000001\r\na\r\n0000000000000000\r\n\r\n", "a"),
                    good("data_like_framing", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n"),
                    good("extensions", "1;a\r\nx\r\n1;a=b;c=\"d e\t\"\r\ny\r\n0;z\r\n\r\n", "xy"),
                    good("longest_extension", "1;" + std::string(kExtension, 'e') + "\r\nx\r\n0\r\n\r\n", "x"),
                    good("trailers_are_dropped", "1\r\nx\r\n0\r\nA: b\r\nContent-Length: 5\r\nC:\r\n\r\n", "x"),
                    good("most_trailers", "0\r\nT:" + std::string(kTrailers - 6, 't') + "\r\n\r\n", ""),
                    good("next_request_behind_it", "1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "x", 16),
                    open("cut_before_the_last_chunk", "1\r\nx\r\n", "x"), open("cut_in_data", "5\r\nhel", "hel"),
                    open("cut_in_the_last_empty_line", "1\r\nx\r\n0\r\n\r", "x"),
                    open("cut_in_trailers", "0\r\nA: b\r\n", ""), open("largest_size", "7fffffffffffffff\r\nx", "x"),
                    open("nothing", "", "")),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    bad, Chunked,
    testing::Values(
        bad("size_missing", "\r\nx", ""), bad("size_only_extension", ";a\r\nx", ""), bad("size_minus", "-1\r\nx", ""),
        bad("size_plus", "+1\r\nx", ""), bad("size_0x", "0x1\r\nx", ""), bad("size_space_before", " 1\r\nx", ""),
        bad("size_space_behind", "1 \r\nx", ""), bad("size_tab_behind", "1\t\r\nx", ""),
        bad("size_space_and_extension", "1 ;a\r\nx", ""), bad("size_letter", "1g\r\nx", ""),
        bad("size_underscore", "1_0\r\nx", ""), bad("size_comma", "1,\r\nx", ""), bad("size_quoted", "\"1\"\r\nx", ""),
        bad("size_nul", "1\0\r\nx"s, ""), bad("size_8_bit", "\xb2\r\nx", ""),
        bad("size_2_63", "8000000000000000\r\nx", ""), bad("size_2_64", "10000000000000000\r\nx", ""),
        bad("size_2_64_less_1", "ffffffffffffffff\r\nx", ""), bad("size_wraps_to_1", "10000000000000001\r\nx", ""),
        bad("size_17_digits", "00000000000000001\r\nx", ""), bad("size_bare_lf", "1\nx", ""),
        bad("size_bare_cr", "1\rx", ""), bad("size_cr_cr_lf", "1\r\r\nx", ""),
        bad("data_without_crlf", "1\r\nx0\r\n\r\n", "x"), bad("data_bare_lf", "1\r\nx\n0\r\n\r\n", "x"),
        bad("data_bare_cr", "1\r\nx\r0\r\n\r\n", "x"), bad("data_longer", "1\r\nxy\r\n0\r\n\r\n", "x"),
        bad("data_shorter", "3\r\nx\r\n0\r\n\r\n", "x\r\n"), bad("empty_line_between", "1\r\nx\r\n\r\n0\r\n\r\n", "x"),
        bad("extension_lf", "1;a\nx\r\n0\r\n\r\n", ""), bad("extension_quoted_lf", "1;a=\"\n\"\r\nx\r\n0\r\n\r\n", ""),
        bad("extension_quoted_crlf", "1;a=\"\r\n\"\r\nx\r\n0\r\n\r\n", "\""), bad("extension_cr", "1;a\rb\r\nx", ""),
        bad("extension_nul", "1;a\0\r\nx"s, ""),
        bad("extension_too_long", "1;" + std::string(kExtension + 1, 'e') + "\r\nx", ""),
        bad("last_chunk_bare_lf", "0\n\n", ""), bad("end_bare_lf", "0\r\n\n", ""), bad("end_cr_cr", "0\r\n\r\r\n", ""),
        bad("trailer_without_colon", "0\r\nGET / HTTP/1.1\r\n\r\n", ""),
        bad("trailer_without_name", "0\r\n: a\r\n\r\n", ""), bad("trailer_name_space", "0\r\nA : a\r\n\r\n", ""),
        bad("trailer_folded", "0\r\nA: a\r\n b\r\n\r\n", ""), bad("trailer_bare_lf", "0\r\nA: a\n\r\n", ""),
        bad("trailer_cr", "0\r\nA: a\rb\r\n\r\n", ""), bad("trailer_nul", "0\r\nA: \0\r\n\r\n"s, ""),
        bad("trailers_too_large", "0\r\nT:" + std::string(kTrailers, 't') + "\r\n\r\n", "", 431)),
    case_name);

TEST(ChunkedDecoder, hands_out_views_of_its_input) {
  ChunkedDecoder decoder;
  const std::string_view input = "3\r\nabc\r\n2\r\nde";
  EXPECT_EQ(decoder.next(input).value(), (ChunkedDecoder::Step{6, "abc"}));
  EXPECT_EQ(decoder.next(input.substr(6)).value(), (ChunkedDecoder::Step{7, "de"}));
  EXPECT_EQ(decoder.next("\r\n0\r\n\r\nnext").value(), (ChunkedDecoder::Step{7, ""}));
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(decoder.next("next").value(), (ChunkedDecoder::Step{0, ""}));
}

TEST(ChunkedDecoder, stays_refused) {
  ChunkedDecoder decoder;
  EXPECT_FALSE(decoder.next("x"));
  EXPECT_FALSE(decoder.next("0\r\n\r\n"));
  EXPECT_FALSE(decoder.next(""));
  EXPECT_FALSE(decoder.done());
}

TEST(ChunkedDecoder, bounds_each_chunk_anew) {
  const std::string one = "1;" + std::string(kExtension, 'e') + "\r\nx\r\n";
  EXPECT_EQ(decode({one, one, one, "0\r\n\r\n"}).data, "xxx");
}

TEST(ChunkHeader, is_the_size_in_hex) {
  EXPECT_EQ(chunk_header(1), "1\r\n");
  EXPECT_EQ(chunk_header(16), "10\r\n");
  EXPECT_EQ(chunk_header(0xdeadbeef), "deadbeef\r\n");
  EXPECT_EQ(chunk_header(SIZE_MAX), "ffffffffffffffff\r\n");
}

TEST(ChunkHeader, what_is_encoded_is_decoded) {
  std::string body;
  std::string encoded;
  for (size_t size : {1u, 15u, 16u, 255u, 4096u}) {
    const std::string data(size, static_cast<char>('a' + size % 26));
    body += data;
    encoded.append(chunk_header(size)).append(data).append(kChunkEnd);
  }
  encoded.append(kLastChunk);
  EXPECT_EQ(decode({encoded}), (Outcome{body, encoded.size(), true, 200}));
}

}  // namespace
}  // namespace weir::http
