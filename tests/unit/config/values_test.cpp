// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace weir::config {
namespace {

using testing::HasSubstr;

TEST(DurationTest, takes_strings_with_a_unit_and_numbers_of_seconds) {
  struct {
    Scalar value;
    int64_t ms;
  } const cases[] = {
      {"500ms", 500}, {"15s", 15'000},       {"10m", 600'000}, {"2h", 7'200'000}, {"1d", 86'400'000},
      {"0s", 0},      {int64_t{15}, 15'000}, {0.25, 250},      {int64_t{0}, 0},   {"1000d", 86'400'000'000}};
  for (const auto& each : cases) EXPECT_EQ(parse_duration(each.value), Duration(each.ms)) << each.ms;
}

TEST(DurationTest, refuses_all_else) {
  const Scalar cases[] = {"",
                          "s",
                          "15",
                          "15 s",
                          "-1s",
                          "1.5s",
                          "15S",
                          "1w",
                          true,
                          -0.5,
                          int64_t{-1},
                          std::numeric_limits<double>::quiet_NaN(),
                          "1001d",
                          "99999999999999999999s",
                          std::numeric_limits<int64_t>::max(),
                          std::numeric_limits<double>::infinity()};
  for (size_t i = 0; i < std::size(cases); ++i) EXPECT_EQ(parse_duration(cases[i]), std::nullopt) << "case " << i;
}

TEST(DurationTest, shows_the_largest_exact_unit) {
  for (auto text : {"500ms", "15s", "1500ms", "90s", "5m", "2h", "1d", "0s"})
    EXPECT_EQ(show_duration(*parse_duration(text)), text);
  EXPECT_EQ(show_duration(Duration(60'000)), "1m");
}

TEST(TimeOfDayTest, takes_hours_and_minutes) {
  EXPECT_EQ(parse_time_of_day("00:00"), (cas::TimeOfDay{0, 0}));
  EXPECT_EQ(parse_time_of_day("23:59"), (cas::TimeOfDay{23, 59}));
  for (auto text : {"", "3:00", "24:00", "12:60", "12.30", "12:3", "12:300", "-1:00", "ab:cd", "12:3x"})
    EXPECT_EQ(parse_time_of_day(text), std::nullopt) << text;
}

TEST(SizeTest, takes_strings_with_a_unit_and_numbers_of_bytes) {
  struct {
    Scalar value;
    uint64_t bytes;
  } const cases[] = {{"64KiB", 65'536}, {"16MiB", 16u << 20},   {"1GiB", 1u << 30},     {"2TiB", 2ull << 40},
                     {"5KB", 5'000},    {"5MB", 5'000'000},     {"5GB", 5'000'000'000}, {"1TB", 1'000'000'000'000},
                     {"7B", 7},         {int64_t{1234}, 1'234}, {int64_t{0}, 0}};
  for (const auto& each : cases) EXPECT_EQ(parse_size(each.value), each.bytes) << each.bytes;
}

TEST(SizeTest, refuses_all_else) {
  const Scalar cases[] = {
      "",  "KiB", "64",       "64 KiB", "64kib", "-1B", "1.5MiB", "8388608TiB", "9223372036854775808B",
      1.5, true,  int64_t{-1}};
  for (size_t i = 0; i < std::size(cases); ++i) EXPECT_EQ(parse_size(cases[i]), std::nullopt) << "case " << i;
}

TEST(SizeTest, shows_the_largest_exact_binary_unit) {
  for (auto text : {"64KiB", "16MiB", "1GiB", "3TiB", "1000B", "0B"}) EXPECT_EQ(show_size(*parse_size(text)), text);
}

TEST(HostTest, takes_names_in_any_case) {
  EXPECT_EQ(parse_host("HuggingFace.co"), "huggingface.co");
  EXPECT_EQ(parse_host("hf.co."), "hf.co");
  EXPECT_EQ(parse_host("us.aws.cdn-1.hf.co"), "us.aws.cdn-1.hf.co");
}

TEST(HostTest, says_what_is_wrong) {
  struct {
    std::string text, says;
  } const cases[] = {{"*.hf.co", "write \"hf.co\" instead"},
                     {".hf.co", "write \"hf.co\" instead"},
                     {"https://hf.co/", "without scheme and path"},
                     {"hf.co/x", "without scheme and path"},
                     {"127.0.0.1", "not an address"},
                     {"::1", "not an address"},
                     {"co", "two labels"},
                     {"", "two labels"},
                     {"hf.co:443", "two labels"},
                     {"hf..co", "two labels"},
                     {"-hf.co", "two labels"},
                     {"hf-.co", "two labels"},
                     {"h f.co", "two labels"},
                     {"h_f.co", "two labels"},
                     {std::string(64, 'a') + ".co", "two labels"},
                     {"*", "two labels"}};
  for (const auto& each : cases) {
    auto host = parse_host(each.text);
    ASSERT_FALSE(host) << each.text;
    EXPECT_THAT(host.error().message, HasSubstr(each.says)) << each.text;
  }
}

TEST(ConnectToTest, takes_what_curl_takes) {
  for (auto text : {"huggingface.co:443:127.0.0.1:8443", "::127.0.0.1:8443", "hf.co::[::1]:8443", ":443:localhost:1",
                    "[2001:db8::1]:443:hub.test:65535"})
    EXPECT_TRUE(is_connect_to(text)) << text;
}

TEST(ConnectToTest, refuses_all_else) {
  for (auto text :
       {"", ":", "::", ":::", "hf.co:443:127.0.0.1", "hf.co:443:127.0.0.1:0", "hf.co:443:127.0.0.1:65536",
        "hf.co:443::8443", "hf.co:443:::1:8443", "hf.co:443:127.0.0.1:", "hf.co:x:127.0.0.1:1", "hf.co:443:[::1:8443",
        "hf.co:443:[127.0.0.1]:8443", "h f.co:443:127.0.0.1:1", "hf.co:443:127.0.0.1:+1"})
    EXPECT_FALSE(is_connect_to(text)) << text;
}

TEST(TomlStringTest, escapes_what_a_basic_string_may_not_hold) {
  EXPECT_EQ(toml_string("a\"b\\c\n\x7f"), R"("a\"b\\c\u000a\u007f")");
}

TEST(ValuesTest, proxy_urls) {
  struct {
    std::string url, shown;
  } const taken[] = {{"http://proxy.example:3128", "http://proxy.example:3128"},
                     {"https://proxy/", "https://proxy/"},
                     {"http://10.0.0.1:8080", "http://10.0.0.1:8080"},
                     {"http://[::1]:8080", "http://[::1]:8080"},
                     {"http://ann:s3cret@proxy:3128", "http://***@proxy:3128"},
                     {"http://ann@proxy:3128/", "http://***@proxy:3128/"},
                     {"http://ann:a@b@proxy", "http://***@proxy"}};
  for (const auto& each : taken) {
    EXPECT_TRUE(is_proxy_url(each.url)) << each.url;
    EXPECT_EQ(without_password(each.url), each.shown);
    EXPECT_TRUE(is_proxy_url(each.shown)) << each.shown;
  }
  for (const char* text : {"", "proxy:3128", "socks5://proxy", "http://", "http://:3128",
                           "http://proxy:", "http://proxy:x", "http://proxy/a", "http://ann@", "http://a/b@proxy",
                           "http://a b@proxy", "http://pro xy", "http://proxy\n", "http://::1:3128"})
    EXPECT_FALSE(is_proxy_url(text)) << text;
}

}  // namespace
}  // namespace weir::config
