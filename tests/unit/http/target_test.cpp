// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <gtest/gtest.h>

#include <ostream>

namespace weir::http {

void PrintTo(const Authority& authority, std::ostream* out) {
  *out << authority.text() << (authority.is_address ? " (address)" : "");
}
void PrintTo(const Url& url, std::ostream* out) {
  *out << url.text();
}

namespace {

using namespace std::string_literals;

const std::string kLabel(63, 'a');
const std::string kLongHost = kLabel + "." + kLabel + "." + kLabel + "." + std::string(61, 'b');

TEST(ParseAuthority, reads_names_and_addresses) {
  struct Case {
    std::string text;
    Authority expected;
  };
  const Case cases[] = {
      {"huggingface.co:443", {"huggingface.co", 443, false}},
      {"HuggingFace.CO:443", {"huggingface.co", 443, false}},
      {"huggingface.co.:443", {"huggingface.co", 443, false}},
      {"localhost:1", {"localhost", 1, false}},
      {"a_b-c.d:65535", {"a_b-c.d", 65535, false}},
      {"a:00443", {"a", 443, false}},
      {"1a.b2:80", {"1a.b2", 80, false}},
      {"127.0.0.1.example.org:80", {"127.0.0.1.example.org", 80, false}},
      {"a.0xg:80", {"a.0xg", 80, false}},
      {"127.0.0.1:80", {"127.0.0.1", 80, true}},
      {"127.0.0.1.:80", {"127.0.0.1", 80, true}},
      {"[::1]:443", {"::1", 443, true}},
      {"[0:0:0:0:0:0:0:1]:443", {"::1", 443, true}},
      {"[2001:DB8::A]:443", {"2001:db8::a", 443, true}},
      {"[::ffff:127.0.0.1]:443", {"::ffff:127.0.0.1", 443, true}},
      {kLongHost + ":443", {kLongHost, 443, false}},
  };
  for (const Case& one : cases) {
    auto authority = parse_authority(one.text);
    ASSERT_TRUE(authority) << one.text;
    EXPECT_EQ(*authority, one.expected) << one.text;
  }
}

TEST(ParseAuthority, refuses_all_else) {
  const std::string texts[] = {
      "",
      ":",
      "a",
      "a:",
      ":443",
      "a:0",
      "a:00000",
      "a:65536",
      "a:99999",
      "a:000443",
      "a:-1",
      "a:+1",
      "a:1 ",
      "a: 1",
      "a:0x1",
      "a:https",
      "a:443:443",
      "a:443/",
      "a:443?",
      "a:443#",
      "a@b:443",
      "a:b@c:443",
      "http://a:443",
      "//a:443",
      "a/:443",
      "a b:443",
      " a:443",
      "a\t:443",
      "a\0:443"s,
      "a\x7f:443",
      "a\xff:443",
      "a%41:443",
      "a,b:443",
      "a*:443",
      "*.a:443",
      ".:443",
      ".a:443",
      "a..:443",
      "a..b:443",
      "..:443",
      kLabel + "a:443",
      kLongHost + "b:443",
      "::1:443",
      "[::1]",
      "[::1]:",
      "[::1]443",
      "[::1:443",
      "::1]:443",
      "[]:443",
      "[a]:443",
      "[127.0.0.1]:443",
      "[::1%eth0]:443",
      "[::1%25eth0]:443",
      "[::1\0]:443"s,
      "[ ::1]:443",
      "[::g]:443",
      "[1:2:3:4:5:6:7:8:9]:443",
      "[[::1]]:443",
      "[::1].:443",
      "a[::1]:443",
      "[v1.a]:443",
      // Other spellings of addresses, which some resolvers take.
      "127.1:443",
      "2130706433:443",
      "0x7f000001:443",
      "0x7F.0.0.1:443",
      "0177.0.0.1:443",
      "127.0.0.01:443",
      "127.0.0.256:443",
      "1.2.3.4.5:443",
      "a.1:443",
      "0x:443",
      "a.0x7f:443",
  };
  for (const std::string& text : texts) {
    auto authority = parse_authority(text);
    ASSERT_FALSE(authority) << testing::PrintToString(text);
    EXPECT_EQ(authority.error().status, 400);
  }
}

TEST(ParseHost, lets_the_port_be_missing) {
  EXPECT_EQ(parse_host("A.b.", 443), (Authority{"a.b", 443, false}));
  EXPECT_EQ(parse_host("a:443", 80), (Authority{"a", 443, false}));
  EXPECT_EQ(parse_host("[::1]", 80), (Authority{"::1", 80, true}));
  EXPECT_EQ(parse_host("10.0.0.1", 80), (Authority{"10.0.0.1", 80, true}));
  for (std::string_view bad : {"", "a:", "a, b", "a/", "::1", "127.1", "a:0"}) EXPECT_FALSE(parse_host(bad, 80)) << bad;
}

TEST(Authority, is_written_as_it_is_read) {
  EXPECT_EQ((Authority{"a", 443, false}.text()), "a:443");
  EXPECT_EQ((Authority{"::1", 443, true}.text()), "[::1]:443");
  EXPECT_EQ((Authority{"::1", 443, true}.text(443)), "[::1]");
  EXPECT_EQ((Authority{"a", 443, false}.text(443)), "a");
  EXPECT_EQ((Authority{"a", 444, false}.text(443)), "a:444");
}

TEST(ParseUrl, reads_http_and_https) {
  struct Case {
    std::string text;
    Url expected;
    std::string written;
  };
  const Case cases[] = {
      {"http://a", {"http", "a", 80, "/", false}, "http://a/"},
      {"https://a/", {"https", "a", 443, "/", false}, "https://a/"},
      {"HTTPS://A.B.:443/X?y=%2F", {"https", "a.b", 443, "/X?y=%2F", false}, "https://a.b/X?y=%2F"},
      {"http://a:443?b", {"http", "a", 443, "/?b", false}, "http://a:443/?b"},
      {"https://a/b?c#d", {"https", "a", 443, "/b?c", false}, "https://a/b?c"},
      {"https://a#d", {"https", "a", 443, "/", false}, "https://a/"},
      {"https://[::1]:8443//b/../c", {"https", "::1", 8443, "//b/../c", true}, "https://[::1]:8443//b/../c"},
      {"http://1.2.3.4/?", {"http", "1.2.3.4", 80, "/?", true}, "http://1.2.3.4/?"},
      {"https://a/b?u=http://c@d/", {"https", "a", 443, "/b?u=http://c@d/", false}, "https://a/b?u=http://c@d/"},
  };
  for (const Case& one : cases) {
    auto url = parse_url(one.text);
    ASSERT_TRUE(url) << one.text;
    EXPECT_EQ(*url, one.expected);
    EXPECT_EQ(url->text(), one.written);
    EXPECT_EQ(parse_url(one.written), *url);
  }
}

TEST(ParseUrl, refuses_all_else) {
  for (const std::string& text : {""s,
                                  "a"s,
                                  "/a"s,
                                  "//a"s,
                                  "http:"s,
                                  "http:a"s,
                                  "http:/a"s,
                                  "http://"s,
                                  "http:///a"s,
                                  "http://#a"s,
                                  "http://?a"s,
                                  "ftp://a/"s,
                                  "httpss://a"s,
                                  " http://a"s,
                                  "http ://a"s,
                                  "http://a@b"s,
                                  "http://a:b@c/"s,
                                  "http://@a/"s,
                                  "http://a:0/"s,
                                  "http://a:/"s,
                                  "http://a b/"s,
                                  "http://a/b c"s,
                                  "http://a/\r\nX: y"s,
                                  "http://a/\n"s,
                                  "http://a/\0"s,
                                  "http://a/\xc3\xa4"s,
                                  "http://\xc3\xa4/"s,
                                  "http://a\\b/"s,
                                  "http://a%2f/"s,
                                  "http://127.1/"s,
                                  "http://::1/"s,
                                  "javascript:alert(1)//http://a"s,
                                  "x#http://a"s,
                                  "http#://a"s}) {
    auto url = parse_url(text);
    ASSERT_FALSE(url) << testing::PrintToString(text);
    EXPECT_EQ(url.error().status, 400);
  }
}

TEST(ResolveUrl, follows_the_locations_that_hubs_send) {
  const Url base{"https", "huggingface.co", 8443, "/a/b?c", false};
  EXPECT_EQ(resolve_url(base, "https://x/y?z"), (Url{"https", "x", 443, "/y?z", false}));
  EXPECT_EQ(resolve_url(base, "//x/y"), (Url{"https", "x", 443, "/y", false}));
  EXPECT_EQ(resolve_url(base, "/api/x?y=%22z%22#f"), (Url{"https", "huggingface.co", 8443, "/api/x?y=%22z%22", false}));
  EXPECT_EQ(resolve_url(base, "/"), (Url{"https", "huggingface.co", 8443, "/", false}));
  for (const std::string& bad : {""s, "x"s, "?x"s, "#x"s, "../x"s, "//"s, "///x"s, "//a@b/"s, "/a b"s, "/a\r\nb"s,
                                 "/a\0"s, "/\xff"s, "ftp://x/"s}) {
    EXPECT_FALSE(resolve_url(base, bad)) << testing::PrintToString(bad);
  }
}

TEST(SplitTarget, cuts_at_the_first_question_mark) {
  EXPECT_EQ(split_target("/a?b?c"), (TargetParts{"/a", "b?c"}));
  EXPECT_EQ(split_target("/a?"), (TargetParts{"/a", ""}));
  EXPECT_EQ(split_target("/a"), (TargetParts{"/a", ""}));
  EXPECT_EQ(split_target(""), (TargetParts{"", ""}));
}

TEST(PercentDecode, undoes_whole_escapes_only) {
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("a+b/c"), "a+b/c");
  EXPECT_EQ(percent_decode("%2F%2f%41%00%fF"), "//A\0\xff"s);
  EXPECT_EQ(percent_decode("%2541"), "%41");
  for (std::string_view bad : {"%", "%4", "a%", "a%4", "%g1", "%1g", "%%41", "% 1", "%+1", "%-1", "%u0041"}) {
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
  }
}

TEST(PercentEncode, keeps_the_unreserved) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/c%"), "a%20b%2Fc%25");
  EXPECT_EQ(percent_encode("a b/c%", "/"), "a%20b/c%25");
}

TEST(PercentEncode, every_byte_comes_back) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

TEST(QueryValue, finds_the_first_of_a_name) {
  const std::string_view query = "a=1&b=%2F+x&c&d=&a=2&%65=5&f=1=2&bad=%g";
  EXPECT_EQ(query_value(query, "a"), "1");
  EXPECT_EQ(query_value(query, "b"), "/+x");
  EXPECT_EQ(query_value(query, "c"), "");
  EXPECT_EQ(query_value(query, "d"), "");
  EXPECT_EQ(query_value(query, "e"), "5");
  EXPECT_EQ(query_value(query, "f"), "1=2");
  EXPECT_EQ(query_value(query, "A"), std::nullopt);
  EXPECT_EQ(query_value(query, "bad"), std::nullopt);
  EXPECT_EQ(query_value("", "a"), std::nullopt);
  EXPECT_EQ(query_value("&&a=1", "a"), "1");
}

}  // namespace
}  // namespace weir::http
