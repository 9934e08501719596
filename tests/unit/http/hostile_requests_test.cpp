// SPDX-License-Identifier: Apache-2.0
// Requests that no honest client sends: each is refused with its status, whole and at every cut, by the head or by its
// framing.
#include <gtest/gtest.h>

#include "http/head.h"
#include "tests/unit/http/head_reader.h"

namespace weir::http {
namespace {

using namespace std::string_literals;

struct Hostile {
  std::string input;
  int status = 400;
};

void PrintTo(const Hostile& hostile, std::ostream* out) {
  *out << testing::PrintToString(hostile.input.substr(0, 120));
}

// With the line `field` in an otherwise good request.
Hostile field(const std::string& line, int status = 400) {
  return {"POST / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n", status};
}
Hostile target(const std::string& text, int status = 400) {
  return {"GET " + text + " HTTP/1.1\r\nHost: a\r\n\r\n", status};
}
Hostile connect(const std::string& text) {
  return {"CONNECT " + text + " HTTP/1.1\r\nHost: a\r\n\r\n", 400};
}
Hostile version(const std::string& text, int status = 400) {
  return {"GET / " + text + "\r\nHost: a\r\n\r\n", status};
}
Hostile method(const std::string& text, int status = 400) {
  return {text + " / HTTP/1.1\r\nHost: a\r\n\r\n", status};
}
Hostile host(const std::string& value) {
  return {"GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n", 400};
}

// How long the body is.
const Hostile kFraming[] = {
    field("Content-Length: 5\r\nTransfer-Encoding: chunked"),
    field("Transfer-Encoding: chunked\r\nContent-Length: 0"),
    field("Transfer-Encoding: chunked\r\ncontent-length:"),
    field("Content-Length: 5\r\nContent-Length: 6"),
    field("Content-Length: 5\r\nContent-Length: 5"),
    field("Content-Length: 5, 5"),
    field("Content-Length: 5, 6"),
    field("Content-Length: 5,"),
    field("Content-Length:"),
    field("Content-Length: +5"),
    field("Content-Length: -5"),
    field("Content-Length: 5 5"),
    field("Content-Length: 0x5"),
    field("Content-Length: 5.0"),
    field("Content-Length: 5e1"),
    field("Content-Length: five"),
    field("Content-Length: \"5\""),
    field("Content-Length: 5;"),
    field("Content-Length: 9223372036854775808"),
    field("Content-Length: 18446744073709551615"),
    field("Content-Length: 18446744073709551616"),
    field("Content-Length: 99999999999999999999999"),
    field("Content-Length: \xb2"),
    field("Content-Length : 5"),
    field("Content-Length\t: 5"),
    field("Content_Length: 5\r\nContent-Length: 1\v"),
    field("Transfer-Encoding: Chunked"),
    field("Transfer-Encoding: xchunked"),
    field("Transfer-Encoding: chunkedx"),
    field("Transfer-Encoding: identity"),
    field("Transfer-Encoding: gzip"),
    field("Transfer-Encoding: gzip, chunked", 501),
    field("Transfer-Encoding: x, y, chunked", 501),
    field("Transfer-Encoding: chunked, gzip"),
    field("Transfer-Encoding: chunked, identity"),
    field("Transfer-Encoding: chunked, chunked"),
    field("Transfer-Encoding: chunked,"),
    field("Transfer-Encoding: ,chunked"),
    field("Transfer-Encoding: chunked;q=1"),
    field("Transfer-Encoding: \"chunked\""),
    field("Transfer-Encoding: 'chunked'"),
    field("Transfer-Encoding: chun ked"),
    field("Transfer-Encoding:"),
    field("Transfer-Encoding: \vchunked"),
    field("Transfer-Encoding: chunked\v"),
    field("Transfer-Encoding: \xa0"
          "chunked"),
    field("Transfer-Encoding\r\n : chunked"),
    field("Transfer-Encoding:\r\n chunked"),
    field("Transfer-Encoding : chunked"),
    field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    field("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
};

// Lines and fields.
const Hostile kFields[] = {
    {"GET / HTTP/1.1\nHost: a\n\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\n\n", 400},
    {"GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", 400},
    field("X: a\r\n b"),
    field("X: a\r\n\tb"),
    field("X: a\r\n \r\nY: b"),
    field("X : a"),
    field("X\t: a"),
    field(" X: a"),
    field(": a"),
    field(":"),
    field("X"),
    field("X Y: a"),
    field("X\0: a"s),
    field("X\x01: a"),
    field("X\x7f: a"),
    field("X\xc3\xa4: a"),
    field("X(comment): a"),
    field("X/Y: a"),
    field("X,Y: a"),
    field("X;Y: a"),
    field("X@Y: a"),
    field("[X]: a"),
    field("{X}: a"),
    field("\"X\": a"),
    field("X=Y: a"),
    field("X\\Y: a"),
    field("X: a\0b"s),
    field("X: a\rb"),
    field("X: a\r"),
    field("X: a\r\r"),
    field("X: a\rTransfer-Encoding: chunked"),
    field("X: a\nTransfer-Encoding: chunked"),
    field("X: a\x01"),
    field("X: a\x1b[2J"),
    field("X: a\x7f"),
    field("X: a\b"),
    field("X: a\v"),
    field("X: a\f"),
    field(std::string(257, 'n') + ": a", 431),
    field("X: " + std::string(64 << 10, 'v'), 431),
};

// The request line.
const Hostile kRequestLines[] = {
    method("get"),
    method("Get"),
    method("G@T"),
    method("GET\0"s),
    method("GET\t"),
    method("G\xc3\x8bT"),
    method("(GET)"),
    method("GET,POST"),
    method("\"GET\""),
    method(""),
    method(std::string(33, 'G'), 501),
    {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\t\r\nHost: a\r\n\r\n", 400},
    {"GET\v/\vHTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET / \r\nHost: a\r\n\r\n", 400},
    {"GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\rHTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"HTTP/1.1 200 OK\r\n\r\n", 400},
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
    {"\x16\x03\x01\x02"s, 400},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    version("HTTP/2.0", 505),
    version("HTTP/3.0", 505),
    version("HTTP/1.2", 505),
    version("HTTP/1.9", 505),
    version("HTTP/0.9", 505),
    version("HTTP/0.0", 505),
    version("HTTP/9.9", 505),
    version("HTTP/2"),
    version("HTTP/1"),
    version("HTTP/1."),
    version("HTTP/.1"),
    version("HTTP/1.10"),
    version("HTTP/11.1"),
    version("HTTP/01.1"),
    version("HTTP/1.01"),
    version("HTTP/1,1"),
    version("HTTP/1.x"),
    version("HTTP/-1.1"),
    version("HTTP/+1.1"),
    version("HTTP/ 1.1"),
    version("http/1.1"),
    version("HTTPS/1.1"),
    version("HTTP1.1"),
    version("HTP/1.1"),
    version("ICE/1.0"),
    version("RTSP/1.0"),
    version("HTTP/1.1\0"s),
    target(""),
    target("a"),
    target("*"),
    target("?a"),
    target("../a"),
    target("example.org"),
    target("example.org:443"),
    target("/a b"),
    target("/a#b"),
    target("/a\0b"s),
    target("/a\x01"),
    target("/a\x7f"),
    target("/a\tb"),
    target("/\xc3\xa4"),
    target("/\xff"),
    target("#"),
    target("http:/a"),
    target("http://"),
    target("http:///a"),
    target("http://?a"),
    target("http://a@b/"),
    target("http://a:b@c/"),
    target("http://a:0/"),
    target("http://a:65536/"),
    target("http://a:/"),
    target("http://a:b/"),
    target("http://a..b/"),
    target("http://[::1/"),
    target("http://a/#b"),
    target("http://a\\b/"),
    target("ftp://a/"),
    target("file:///etc/passwd"),
    target("javascript:alert(1)"),
    target("//a/b\xff"),
    target("/" + std::string(16 << 10, 'a'), 414),
};

// Where it goes.
const Hostile kAuthorities[] = {
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nX: a\r\n\r\n", 400},
    {"GET http://a/ HTTP/1.1\r\n\r\n", 400},
    {"CONNECT a:443 HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", 400},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"GET / HTTP/1.0\r\nHost:\r\n\r\n", 400},
    host(""),
    host(" "),
    host("a, b"),
    host("a b"),
    host("a/b"),
    host("a@b"),
    host("a:b"),
    host("a:"),
    host("a:0"),
    host("a:99999"),
    host("a:443:443"),
    host("http://a"),
    host("a?b"),
    host("a#b"),
    host("a%2eb"),
    host("a\\b"),
    host(".a"),
    host("a..b"),
    host("::1"),
    host("[::1"),
    host("[::1]a"),
    host("[::1%25eth0]"),
    host("127.1"),
    host("2130706433"),
    host("0x7f.0.0.1"),
    host("0177.0.0.1"),
    host("\xc3\xa4"),
    host(std::string(64, 'a')),
    connect("/"),
    connect("*"),
    connect("a"),
    connect("a:"),
    connect(":443"),
    connect("a:0"),
    connect("a:65536"),
    connect("a:000443"),
    connect("a:+443"),
    connect("a:443/"),
    connect("a:443?"),
    connect("a:https"),
    connect("a@b:443"),
    connect("http://a:443"),
    connect("a%00:443"),
    connect("a\xff:443"),
    connect("::1:443"),
    connect("[::1]443"),
};

std::vector<Hostile> all_hostile() {
  std::vector<Hostile> all;
  all.insert(all.end(), std::begin(kFraming), std::end(kFraming));
  all.insert(all.end(), std::begin(kFields), std::end(kFields));
  all.insert(all.end(), std::begin(kRequestLines), std::end(kRequestLines));
  all.insert(all.end(), std::begin(kAuthorities), std::end(kAuthorities));
  return all;
}

std::string shown(const std::string& input) {
  return testing::PrintToString(input.substr(0, 120));
}

// 200 when nothing objects, 0 when more bytes are awaited.
int status_of(const std::optional<Parsed<RequestHead>>& head) {
  if (!head) return 0;
  if (!*head) return head->error().status;
  auto framing = request_framing(**head);
  return framing ? 200 : framing.error().status;
}

class HostileRequest : public testing::TestWithParam<Hostile> {};

TEST_P(HostileRequest, is_refused_at_every_cut) {
  const auto& [input, status] = GetParam();
  // Long ones are cut where it can matter: near both ends.
  const size_t step = input.size() > 4096 ? 997 : 1;
  for (size_t cut = 0; cut <= input.size(); cut += step) {
    ASSERT_EQ(status_of(read_in_two(input, cut)), status) << shown(input) << " cut after byte " << cut;
  }
  EXPECT_EQ(status_of(read_byte_by_byte(input)), status) << shown(input);
}

TEST_P(HostileRequest, is_told_why_in_a_printable_sentence) {
  auto head = read_in_two(GetParam().input, 0);
  ASSERT_TRUE(head);
  const Refusal refusal = *head ? request_framing(**head).error() : head->error();
  EXPECT_GT(refusal.message.size(), 20u);
  EXPECT_EQ(refusal.message.back(), '.');
  for (char c : refusal.message) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << refusal.message;
}

INSTANTIATE_TEST_SUITE_P(, HostileRequest, testing::ValuesIn(all_hostile()));

}  // namespace
}  // namespace weir::http
