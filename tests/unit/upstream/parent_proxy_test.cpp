// SPDX-License-Identifier: Apache-2.0
#include "upstream/parent_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "upstream/options.h"

namespace weir::upstream {
namespace {

using Scheme = ParentProxy::Scheme;
using testing::HasSubstr;
using testing::Not;

struct Accepted {
  const char* text;
  ParentProxy expected;
};

TEST(ParentProxyTest, takes_what_variables_hold) {
  Secret none;
  const Accepted cases[] = {
      {"http://proxy.example:3128", {Scheme::http, "proxy.example", 3128, none, none}},
      {" http://proxy.example:3128/ ", {Scheme::http, "proxy.example", 3128, none, none}},
      {"HTTP://Proxy.Example:3128/path?query", {Scheme::http, "proxy.example", 3128, none, none}},
      {"proxy.example:3128", {Scheme::http, "proxy.example", 3128, none, none}},
      {"http://proxy", {Scheme::http, "proxy", 80, none, none}},
      {"https://proxy.example", {Scheme::https, "proxy.example", 443, none, none}},
      {"http://10.0.0.1:8080", {Scheme::http, "10.0.0.1", 8080, none, none}},
      {"http://[::1]:8080", {Scheme::http, "::1", 8080, none, none}},
      {"http://ann:s3cret@proxy:3128", {Scheme::http, "proxy", 3128, Secret("ann"), Secret("s3cret")}},
      {"ann:s3cret@proxy:3128", {Scheme::http, "proxy", 3128, Secret("ann"), Secret("s3cret")}},
      {"http://ann@proxy:3128", {Scheme::http, "proxy", 3128, Secret("ann"), none}},
      {"http://:s3cret@proxy:3128", {Scheme::http, "proxy", 3128, none, Secret("s3cret")}},
      {"http://ann:a:b@proxy:3128", {Scheme::http, "proxy", 3128, Secret("ann"), Secret("a:b")}},
      {"http://ann:a@b@proxy:3128", {Scheme::http, "proxy", 3128, Secret("ann"), Secret("a@b")}},
      {"http://a%n:p%w%4x%zz%40%@proxy:3128", {Scheme::http, "proxy", 3128, Secret("a%n"), Secret("p%w%4x%zz@%")}},
      {"http://CORP%5Cann:p%40ss%2Fw%C3%B6rd@proxy:3128",
       {Scheme::http, "proxy", 3128, Secret("CORP\\ann"), Secret("p@ss/w\xc3\xb6rd")}},
  };
  for (const auto& tested : cases) {
    auto proxy = ParentProxy::parse(tested.text);
    ASSERT_TRUE(proxy) << tested.text;
    EXPECT_TRUE(*proxy == tested.expected) << tested.text << " became " << proxy->text();
  }
}

TEST(ParentProxyTest, refuses_all_else_without_a_word_of_it) {
  for (const char* text : {"", "http://", "socks5://s3cret@proxy:1080", "ftp://ann:s3cret@proxy", "http://ann:s3cret@",
                           "http://ann:s3cret@:1", "http://ann:s3cret@proxy:0", "http://ann:s3cret@proxy:65536",
                           "http://ann:s3cret@proxy:x", "http://ann:s3cret@pro xy:1", "http://ann:s3#cret@proxy:1",
                           "http://ann:31/s3@proxy:1", "http://ann:s3cret%0a@proxy:1", "http://an%3An:s3cret@proxy:1",
                           "http://ann:s3/cret@proxy:1", "http://ann:s3cret@0x7f.1:1"}) {
    auto proxy = ParentProxy::parse(text);
    ASSERT_FALSE(proxy) << text;
    EXPECT_EQ(proxy.error().code, ErrorCode::invalid);
    EXPECT_THAT(proxy.error().message, HasSubstr("http://proxy.example:3128"));
    EXPECT_THAT(proxy.error().message, Not(HasSubstr("s3")));
  }
}

TEST(ParentProxyTest, shows_no_user_and_no_password) {
  EXPECT_EQ(ParentProxy::parse("ann:s3cret@proxy:3128")->text(), "http://proxy:3128");
  EXPECT_EQ(ParentProxy::parse("https://ann:s3cret@[::1]")->text(), "https://[::1]:443");
}

struct Coverage {
  const char* list;
  const char* host;
  uint16_t port;
  bool covered;
};

TEST(NoProxyTest, covers) {
  const Coverage cases[] = {
      {"", "hf.co", 443, false},
      {"*", "hf.co", 443, true},
      {"*", "10.0.0.1", 443, true},
      {"*:8443", "hf.co", 8443, true},
      {"*:8443", "hf.co", 443, false},
      {"hf.co", "hf.co", 443, true},
      {"HF.co", "Hf.CO", 443, true},
      {"hf.co.", "hf.co", 443, true},
      {"hf.co", "hf.co.", 443, true},
      {"hf.co", "cdn.hf.co", 443, true},
      {".hf.co", "cdn.hf.co", 443, true},
      {".hf.co", "hf.co", 443, true},
      {"*.hf.co", "cdn.hf.co", 443, true},
      {"hf.co", "nothf.co", 443, false},
      {"cdn.hf.co", "hf.co", 443, false},
      {"hf.co:443", "hf.co", 443, true},
      {"hf.co:443", "hf.co", 8443, false},
      {"hf.co:x", "hf.co", 443, false},
      {"hf.co:0", "hf.co", 443, false},
      {"hf.co:", "hf.co", 443, false},
      {"a.test, hf.co", "hf.co", 443, true},
      {"a.test hf.co", "hf.co", 443, true},
      {",, hf.co,", "hf.co", 443, true},
      {".", "hf.co", 443, false},
      {"10.0.0.1", "10.0.0.1", 443, true},
      {"10.0.0.1", "10.0.0.2", 443, false},
      {"10.0.0.1:443", "10.0.0.1", 443, true},
      {"10.0.0.1:443", "10.0.0.1", 80, false},
      {"0.1", "10.0.0.1", 443, false},
      {"10.0.0.0/8", "10.1.2.3", 443, true},
      {"10.0.0.0/8", "11.1.2.3", 443, false},
      {"10.0.0.0/8", "hf.co", 443, false},
      {"fd00::/8", "fd00::1", 443, true},
      {"fd00::1", "fd00:0::1", 443, true},
      {"[fd00::1]", "fd00::1", 443, true},
      {"[fd00::1]:443", "fd00::1", 443, true},
      {"[fd00::1]:443", "fd00::1", 80, false},
  };
  for (const auto& tested : cases) {
    EXPECT_EQ(NoProxy(tested.list).covers(tested.host, tested.port), tested.covered)
        << '"' << tested.list << "\" and " << tested.host << ':' << tested.port;
  }
}

TEST(ParentForTest, leads_all_through_the_proxy_but_what_is_named_or_near) {
  OriginOptions options;
  EXPECT_EQ(parent_for(options, "hf.co", 443), nullptr);
  options.parent.proxy = ParentProxy::parse("http://proxy:3128").value();
  options.parent.except = NoProxy("intra.example,10.0.0.0/8");
  options.connect_to = {"mirror.example:443:192.0.2.1:443", "moved.example:443::8443"};
  for (const char* host : {"hf.co", "192.0.2.7", "localhost.example", "notlocalhost"})
    EXPECT_EQ(parent_for(options, host, 443), &*options.parent.proxy) << host;
  for (const char* host : {"intra.example", "a.intra.example", "10.9.8.7", "mirror.example", "moved.example",
                           "localhost", "a.LocalHost", "localhost.", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::"})
    EXPECT_EQ(parent_for(options, host, 443), nullptr) << host;
  EXPECT_NE(parent_for(options, "mirror.example", 8443), nullptr);
}

struct Circle {
  const char* proxy;
  const char* own;
  bool leads;
};

TEST(LeadsToTest, knows_weirs_own_address_in_every_spelling) {
  const Circle cases[] = {
      {"http://127.0.0.1:9347", "127.0.0.1:9347", true},    {"http://localhost:9347", "127.0.0.1:9347", true},
      {"LOCALHOST:9347/", "127.0.0.1:9347", true},          {"http://[::1]:9347", "127.0.0.1:9347", true},
      {"http://127.0.0.2:9347", "127.0.0.1:9347", true},    {"http://0.0.0.0:9347", "127.0.0.1:9347", true},
      {"http://127.0.0.1:9347", "[::1]:9347", true},        {"http://127.0.0.1:9347", "0.0.0.0:9347", true},
      {"https://127.0.0.1:9347", "[::]:9347", true},        {"http://192.0.2.1:9347", "192.0.2.1:9347", true},
      {"http://127.0.0.1:3128", "127.0.0.1:9347", false},   {"http://127.0.0.1", "127.0.0.1:9347", false},
      {"http://192.0.2.1:9347", "127.0.0.1:9347", false},   {"http://127.0.0.1:9347", "192.0.2.1:9347", false},
      {"http://proxy.example:9347", "0.0.0.0:9347", false},
  };
  for (const auto& tested : cases) {
    auto proxy = ParentProxy::parse(tested.proxy);
    ASSERT_TRUE(proxy) << tested.proxy;
    EXPECT_EQ(leads_to(*proxy, Endpoint::parse(tested.own).value()), tested.leads) << tested.proxy << " " << tested.own;
  }
}

}  // namespace
}  // namespace weir::upstream
