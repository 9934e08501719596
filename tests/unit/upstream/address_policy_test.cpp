// SPDX-License-Identifier: Apache-2.0
#include "upstream/address_policy.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

struct Case {
  const char* name;
  const char* target;
  bool allowed;
};

template <typename AnyCase>
std::string case_name(const testing::TestParamInfo<AnyCase>& tested) {
  return tested.param.name;
}

AddressPolicy policy(std::vector<std::string> allow_private, const char* own = "127.0.0.1:9347") {
  ReachOptions options;
  for (const auto& block : allow_private) options.allow_private.push_back(Cidr::parse(block).value());
  return {options, Endpoint::parse(own).value()};
}

class AddressPolicyTest : public testing::TestWithParam<Case> {};

TEST_P(AddressPolicyTest, decides_without_exceptions) {
  EXPECT_EQ(policy({}).allows(Endpoint::parse(GetParam().target).value()), GetParam().allowed);
}

INSTANTIATE_TEST_SUITE_P(
    , AddressPolicyTest,
    testing::Values(
        Case{"public_v4", "18.164.174.55:443", true}, Case{"public_v6", "[2600:9000:2490::1]:443", true},
        Case{"public_v4_mapped", "[::ffff:18.164.174.55]:443", true},
        Case{"public_v4_by_nat64", "[64:ff9b::18.164.174.55]:443", true}, Case{"loopback", "127.0.0.1:443", false},
        Case{"loopback_elsewhere", "127.8.9.10:443", false}, Case{"loopback_v6", "[::1]:443", false},
        Case{"loopback_mapped", "[::ffff:127.0.0.1]:443", false},
        Case{"loopback_mapped_in_hex", "[::ffff:7f00:1]:443", false},
        Case{"loopback_compatible", "[::127.0.0.1]:443", false},
        Case{"loopback_by_nat64", "[64:ff9b::127.0.0.1]:443", false},
        Case{"loopback_by_6to4", "[2002:7f00:1::]:443", false}, Case{"private_10", "10.0.0.1:443", false},
        Case{"private_172", "172.31.255.255:443", false}, Case{"public_beside_172", "172.32.0.1:443", true},
        Case{"private_192", "192.168.1.1:443", false}, Case{"private_mapped", "[::ffff:10.0.0.1]:443", false},
        Case{"private_by_nat64", "[64:ff9b::a00:1]:443", false}, Case{"local_nat64", "[64:ff9b:1::a00:1]:443", false},
        Case{"private_by_6to4", "[2002:c0a8:101::1]:443", false}, Case{"shared", "100.64.0.1:443", false},
        Case{"public_beside_shared", "100.128.0.1:443", true}, Case{"link_local", "169.254.169.254:443", false},
        Case{"link_local_v6", "[fe80::1]:443", false}, Case{"site_local_v6", "[fec0::1]:443", false},
        Case{"unique_local", "[fd00::1]:443", false}, Case{"unique_local_metadata", "[fd00:ec2::254]:443", false},
        Case{"multicast", "224.0.0.1:443", false}, Case{"multicast_v6", "[ff02::1]:443", false},
        Case{"unspecified", "0.0.0.0:443", false}, Case{"unspecified_block", "0.1.2.3:443", false},
        Case{"unspecified_v6", "[::]:443", false}, Case{"broadcast", "255.255.255.255:443", false},
        Case{"reserved", "240.0.0.1:443", false}, Case{"documentation", "192.0.2.1:443", false},
        Case{"documentation_v6", "[2001:db8::1]:443", false}, Case{"benchmarking", "198.18.0.1:443", false}),
    case_name<Case>);

TEST(AddressPolicyExceptions, allow_what_they_hold_and_no_more) {
  auto lab = policy({"10.1.0.0/16", "fd00:1::/32"});
  EXPECT_TRUE(lab.allows(Endpoint::parse("10.1.2.3:443").value()));
  EXPECT_TRUE(lab.allows(Endpoint::parse("[::ffff:10.1.2.3]:443").value()));
  EXPECT_TRUE(lab.allows(Endpoint::parse("[fd00:1::7]:443").value()));
  EXPECT_FALSE(lab.allows(Endpoint::parse("10.2.0.1:443").value()));
  EXPECT_FALSE(lab.allows(Endpoint::parse("[64:ff9b::10.1.2.3]:443").value()));
}

struct OwnCase {
  const char* name;
  const char* own;
  const char* target;
  bool allowed;
};

class OwnAddressTest : public testing::TestWithParam<OwnCase> {};

TEST_P(OwnAddressTest, is_refused_whatever_is_allowed) {
  auto open = policy({"0.0.0.0/0", "::/0"}, GetParam().own);
  EXPECT_EQ(open.allows(Endpoint::parse(GetParam().target).value()), GetParam().allowed);
}

INSTANTIATE_TEST_SUITE_P(
    , OwnAddressTest,
    testing::Values(OwnCase{"itself", "127.0.0.1:9347", "127.0.0.1:9347", false},
                    OwnCase{"itself_mapped", "127.0.0.1:9347", "[::ffff:127.0.0.1]:9347", false},
                    OwnCase{"another_port", "127.0.0.1:9347", "127.0.0.1:443", true},
                    OwnCase{"another_loopback", "127.0.0.1:9347", "127.0.0.2:9347", true},
                    OwnCase{"unspecified_leads_to_loopback", "127.0.0.1:9347", "0.0.0.0:9347", false},
                    OwnCase{"unspecified_v6_leads_to_loopback", "[::1]:9347", "[::]:9347", false},
                    OwnCase{"all_addresses_hold_loopback", "0.0.0.0:9347", "127.0.0.1:9347", false},
                    OwnCase{"all_v6_addresses_hold_loopback", "[::]:9347", "[::1]:9347", false},
                    OwnCase{"all_addresses_hold_unspecified", "0.0.0.0:9347", "0.0.0.0:9347", false},
                    OwnCase{"all_addresses_with_another_port", "0.0.0.0:9347", "127.0.0.1:443", true},
                    OwnCase{"public_own", "18.164.174.55:9347", "18.164.174.55:9347", false},
                    OwnCase{"public_own_by_nat64", "18.164.174.55:9347", "[64:ff9b::18.164.174.55]:9347", false}),
    case_name<OwnCase>);

}  // namespace
}  // namespace weir::upstream
