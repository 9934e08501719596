// SPDX-License-Identifier: Apache-2.0
#include "base/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <ostream>
#include <stdexcept>

namespace weir {
namespace {

IpAddress ip(std::string_view text) {
  auto address = IpAddress::parse(text);
  if (!address) throw std::invalid_argument(std::string(text));
  return *address;
}

TEST(IpAddressTest, reads_plain_spellings) {
  for (auto text : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1"}) {
    auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(IpAddressTest, refuses_every_other_spelling) {
  for (std::string_view text :
       {"",           " 127.0.0.1", "127.0.0.1 ",        "127.1",     "2130706433",   "0x7f000001", "0177.0.0.1",
        "127.0.0.01", "1.2.3",      "1.2.3.4.5",         "1.2.3.256", "1.2.3.-4",     "[::1]",      "fe80::1%eth0",
        "1::2::3",    "12345::",    "1:2:3:4:5:6:7:8:9", "localhost", "::ffff:1.2.3", ":",          "1.2.3.4/8"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  EXPECT_FALSE(IpAddress::parse(std::string_view("127.0.0.1\0", 10)));
  EXPECT_FALSE(IpAddress::parse(std::string_view("127.0.0.1\0.example", 18)));
}

TEST(IpAddressTest, a_mapped_address_is_the_ipv4_address) {
  EXPECT_EQ(ip("::ffff:10.1.2.3"), ip("10.1.2.3"));
  EXPECT_EQ(ip("::ffff:0a01:0203"), ip("10.1.2.3"));
  EXPECT_EQ(ip("::ffff:10.1.2.3").text(), "10.1.2.3");
  EXPECT_TRUE(ip("::ffff:10.1.2.3").is_v4());
  EXPECT_FALSE(ip("::10.1.2.3").is_v4());
}

TEST(IpAddressTest, comes_from_socket_addresses) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(0x01020304);
  EXPECT_EQ(IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(v4)), ip("1.2.3.4"));

  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  ASSERT_EQ(inet_pton(AF_INET6, "2001:db8::7", &v6.sin6_addr), 1);
  EXPECT_EQ(IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(v6)), ip("2001:db8::7"));
  ASSERT_EQ(inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr), 1);
  EXPECT_EQ(IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(v6)), ip("127.0.0.1"));

  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::from_sockaddr(reinterpret_cast<const sockaddr&>(local)));
}

TEST(IpAddressTest, knows_loopback) {
  for (auto text : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(ip(text).is_loopback()) << text;
  for (auto text : {"126.255.255.255", "128.0.0.0", "::", "::2", "8000::1", "10.0.0.1"})
    EXPECT_FALSE(ip(text).is_loopback()) << text;
}

struct EmbeddedCase {
  const char* text;
  const char* inside;  // null: carries none
};

std::ostream& operator<<(std::ostream& out, const EmbeddedCase& value) {
  return out << value.text;
}

class EmbeddedTest : public testing::TestWithParam<EmbeddedCase> {};

TEST_P(EmbeddedTest, finds_the_ipv4_address_inside) {
  auto found = ip(GetParam().text).embedded_v4();
  ASSERT_EQ(found.has_value(), GetParam().inside != nullptr) << GetParam().text;
  if (found) {
    EXPECT_EQ(*found, ip(GetParam().inside)) << GetParam().text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    , EmbeddedTest,
    testing::Values(EmbeddedCase{"::10.1.2.3", "10.1.2.3"}, EmbeddedCase{"::2", "0.0.0.2"},
                    EmbeddedCase{"64:ff9b::a01:203", "10.1.2.3"}, EmbeddedCase{"2002:0a01:0203::1", "10.1.2.3"},
                    EmbeddedCase{"::ffff:0:10.1.2.3", "10.1.2.3"}, EmbeddedCase{"10.1.2.3", nullptr},
                    EmbeddedCase{"::ffff:10.1.2.3", nullptr}, EmbeddedCase{"::", nullptr}, EmbeddedCase{"::1", nullptr},
                    EmbeddedCase{"64:ff9b:0:0:1::a01:203", nullptr}, EmbeddedCase{"2001:4860::a01:203", nullptr}));

struct PlaceCase {
  const char* name;
  const char* first;
  const char* last;
  const char* below;  // the neighbours outside the block, where they are public; else null
  const char* above;
};

std::ostream& operator<<(std::ostream& out, const PlaceCase& value) {
  return out << value.name;
}

class NotPublicTest : public testing::TestWithParam<PlaceCase> {};

TEST_P(NotPublicTest, the_whole_block_and_nothing_beside_it) {
  const auto& param = GetParam();
  EXPECT_FALSE(ip(param.first).is_public()) << param.first;
  EXPECT_FALSE(ip(param.last).is_public()) << param.last;
  for (auto beside : {param.below, param.above}) {
    EXPECT_TRUE(!beside || ip(beside).is_public()) << beside;
  }
}

// IPv4 blocks stand in each IPv6 form too: a checked spelling must not open what the plain one closes.
TEST_P(NotPublicTest, in_every_form_that_carries_it) {
  const auto& param = GetParam();
  if (!ip(param.first).is_v4()) return;
  for (auto text : {param.first, param.last}) {
    auto bytes = ip(text).bytes();
    char hex[16];
    std::snprintf(hex, sizeof hex, "%x:%x", bytes[12] << 8 | bytes[13], bytes[14] << 8 | bytes[15]);
    for (const auto& form : {"::ffff:" + std::string(text), "::ffff:" + std::string(hex), "::" + std::string(text),
                             "::ffff:0:" + std::string(text), "64:ff9b::" + std::string(text),
                             "2002:" + std::string(hex) + "::", "2002:" + std::string(hex) + ":1:2:3:4:5"})
      EXPECT_FALSE(ip(form).is_public()) << form;
  }
}

INSTANTIATE_TEST_SUITE_P(
    , NotPublicTest,
    testing::Values(
        PlaceCase{"this_network", "0.0.0.0", "0.255.255.255", nullptr, "1.0.0.0"},
        PlaceCase{"private_10", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
        PlaceCase{"cgnat", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
        PlaceCase{"loopback", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
        PlaceCase{"link_local", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
        PlaceCase{"private_172", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
        PlaceCase{"protocol_assignments", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
        PlaceCase{"documentation_1", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
        PlaceCase{"private_192", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
        PlaceCase{"benchmarking", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
        PlaceCase{"documentation_2", "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
        PlaceCase{"documentation_3", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
        PlaceCase{"multicast", "224.0.0.0", "239.255.255.255", "223.255.255.255", nullptr},
        PlaceCase{"reserved_and_broadcast", "240.0.0.0", "255.255.255.255", nullptr, nullptr},
        PlaceCase{"unspecified_v6", "::", "::", nullptr, nullptr},
        PlaceCase{"loopback_v6", "::1", "::1", nullptr, nullptr},
        PlaceCase{"local_nat64", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b::8.8.8.8",
                  "64:ff9b:2::"},
        PlaceCase{"discard", "100::", "100::ffff:ffff:ffff:ffff", nullptr, "100:0:0:2::"},
        PlaceCase{"teredo_and_protocol_assignments", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr,
                  "2001:200::"},
        PlaceCase{"documentation_v6", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                  "2001:db7::", "2001:db9::"},
        PlaceCase{"documentation_v6_new", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe::", "3fff:1000::"},
        PlaceCase{"segment_routing", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5eff::", "5f01::"},
        PlaceCase{"unique_local", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fbff::", "fe00::"},
        PlaceCase{"link_local_v6", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe7f::", nullptr},
        PlaceCase{"site_local", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr},
        PlaceCase{"multicast_v6", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nullptr, nullptr}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(IpAddressTest, the_open_internet_is_public_in_every_form) {
  for (auto text : {"8.8.8.8", "18.160.10.1", "::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8",
                    "2002:808:808::1", "2606:4700::1111", "2a00:1450:4001::1"})
    EXPECT_TRUE(ip(text).is_public()) << text;
}

TEST(IpAddressTest, the_metadata_address_is_not_public) {
  EXPECT_FALSE(ip("169.254.169.254").is_public());
  EXPECT_FALSE(ip("fd00:ec2::254").is_public());
}

struct CidrCase {
  const char* block;
  std::vector<const char*> inside;
  std::vector<const char*> outside;
};

std::ostream& operator<<(std::ostream& out, const CidrCase& value) {
  return out << value.block;
}

class CidrContainsTest : public testing::TestWithParam<CidrCase> {};

TEST_P(CidrContainsTest, contains) {
  auto block = Cidr::parse(GetParam().block);
  ASSERT_TRUE(block) << GetParam().block;
  for (auto text : GetParam().inside) EXPECT_TRUE(block->contains(ip(text))) << GetParam().block << " " << text;
  for (auto text : GetParam().outside) EXPECT_FALSE(block->contains(ip(text))) << GetParam().block << " " << text;
}

INSTANTIATE_TEST_SUITE_P(
    , CidrContainsTest,
    testing::Values(CidrCase{"10.0.0.0/8",
                             {"10.0.0.0", "10.255.255.255", "::ffff:10.9.9.9"},
                             {"9.255.255.255", "11.0.0.0", "::10.1.1.1"}},
                    CidrCase{"10.20.30.40/8", {"10.0.0.1"}, {"11.0.0.1"}},
                    CidrCase{"192.168.1.0/25", {"192.168.1.127"}, {"192.168.1.128", "192.168.0.1"}},
                    CidrCase{"192.168.1.7", {"192.168.1.7"}, {"192.168.1.6", "192.168.1.8"}},
                    CidrCase{"192.168.1.7/32", {"192.168.1.7"}, {"192.168.1.6"}},
                    CidrCase{"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::1", "2001:db8::1"}},
                    CidrCase{"::ffff:10.0.0.0/104", {"10.1.2.3"}, {"11.1.2.3"}},
                    CidrCase{"2001:db8::/33", {"2001:db8:7fff::1"}, {"2001:db8:8000::1", "1.2.3.4"}},
                    CidrCase{"::1", {"::1"}, {"::", "::2"}}, CidrCase{"::/0", {"::1", "ffff::1"}, {}}));

TEST(CidrTest, refuses_what_is_no_block) {
  for (auto text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/8 ",
                    "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10/8", "::/129", "::1/64x", "[::1]/128",
                    "10.0.0.0/99999999999", "::ffff:10.0.0.0/95", "host/8"})
    EXPECT_FALSE(Cidr::parse(text)) << text;
}

TEST(CidrTest, writes_itself_with_its_length) {
  for (auto text : {"10.0.0.0/8", "0.0.0.0/0", "192.168.1.7/32", "::/0", "fd00::/8", "::1/128"})
    EXPECT_EQ(Cidr::parse(text)->text(), text);
  EXPECT_EQ(Cidr::parse("192.168.1.7")->text(), "192.168.1.7/32");
  EXPECT_EQ(Cidr::parse("::ffff:10.0.0.0/104")->text(), "10.0.0.0/8");
}

TEST(CidrTest, a_list_contains_what_one_of_it_does) {
  std::vector<Cidr> blocks = {*Cidr::parse("10.0.0.0/8"), *Cidr::parse("fd00::/8")};
  EXPECT_TRUE(any_contains(blocks, ip("10.1.1.1")));
  EXPECT_TRUE(any_contains(blocks, ip("fd12::1")));
  EXPECT_FALSE(any_contains(blocks, ip("8.8.8.8")));
  EXPECT_FALSE(any_contains({}, ip("10.1.1.1")));
}

TEST(EndpointTest, reads_and_writes_addresses_with_ports) {
  for (auto text : {"127.0.0.1:9347", "0.0.0.0:0", "[::1]:65535", "[2001:db8::1]:80"}) {
    auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->text(), text);
  }
  EXPECT_EQ(Endpoint::parse("[::1]:443"), (Endpoint{ip("::1"), 443}));
  EXPECT_EQ(Endpoint::parse("[::ffff:1.2.3.4]:5"), (Endpoint{ip("1.2.3.4"), 5}));
}

TEST(EndpointTest, refuses_all_else) {
  for (auto text : {"",
                    ":",
                    ":80",
                    "127.0.0.1",
                    "127.0.0.1:",
                    "127.0.0.1:65536",
                    "127.0.0.1:-1",
                    "127.0.0.1:+1",
                    "127.0.0.1: 1",
                    "127.0.0.1:80 ",
                    "127.0.0.1:8x",
                    "::1:80",
                    "[::1]",
                    "[::1]80",
                    "[]:80",
                    "[::1:80",
                    "::1]:80",
                    "[127.0.0.1]:80",
                    "localhost:80",
                    "127.0.0.1:80:90",
                    "[::1]:80:90"})
    EXPECT_FALSE(Endpoint::parse(text)) << text;
}

}  // namespace
}  // namespace weir
