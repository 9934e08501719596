// SPDX-License-Identifier: Apache-2.0
#include "proxy/host_policy.h"

#include <gtest/gtest.h>

#include <ostream>

namespace weir::proxy {
namespace {

template <typename AnyCase>
std::string case_name(const testing::TestParamInfo<AnyCase>& tested) {
  return tested.param.name;
}

struct Host {
  const char* name;
  const char* host;
  bool intercepted;
};

void PrintTo(const Host& tested, std::ostream* out) {
  *out << tested.host;
}

class Hosts : public testing::TestWithParam<Host> {};

TEST_P(Hosts, are_intercepted_by_suffix) {
  HostPolicy policy{InterceptOptions{}, TunnelOptions{}};
  EXPECT_EQ(policy.intercepts(GetParam().host), GetParam().intercepted);
}

TEST_P(Hosts, are_never_tunnelled_when_intercepted) {
  HostPolicy policy{InterceptOptions{}, TunnelOptions{TunnelPolicy::allow, {443, 80}}};
  auto on_443 = policy.decide({GetParam().host, 443, false});
  auto on_80 = policy.decide({GetParam().host, 80, false});
  EXPECT_EQ(std::holds_alternative<Intercept>(on_443), GetParam().intercepted);
  EXPECT_EQ(std::holds_alternative<OpenTunnel>(on_443), !GetParam().intercepted);
  EXPECT_EQ(std::holds_alternative<http::Refusal>(on_80), GetParam().intercepted);
}

INSTANTIATE_TEST_SUITE_P(, Hosts,
                         testing::Values(Host{"hub", "huggingface.co", true}, Host{"short_name", "hf.co", true},
                                         Host{"other_domain", "huggingface.com", true},
                                         Host{"one_label_under", "cdn-lfs.huggingface.co", true},
                                         Host{"three_labels_under", "us.aws.cdn.hf.co", true},
                                         Host{"exception", "router.huggingface.co", false},
                                         Host{"under_an_exception", "eu.router.huggingface.co", false},
                                         Host{"second_exception", "api-inference.huggingface.co", false},
                                         Host{"looks_like_an_exception", "xrouter.huggingface.co", true},
                                         Host{"exception_as_a_label", "router.huggingface.co.hf.co", true},
                                         Host{"longer_first_label", "evilhuggingface.co", false},
                                         Host{"dash_in_front", "x-hf.co", false},
                                         Host{"name_as_a_prefix", "huggingface.co.evil.org", false},
                                         Host{"top_level", "co", false}, Host{"dot_alone_in_front", ".hf.co", true},
                                         Host{"spaces", "acme.hf.space", false}, Host{"empty", "", false},
                                         Host{"no_dot", "hfco", false}),
                         case_name<Host>);

TEST(HostPolicyTest, an_address_is_never_intercepted) {
  HostPolicy policy{InterceptOptions{{"10.0.0.1"}, {}}, TunnelOptions{}};
  EXPECT_EQ(policy.decide({"10.0.0.1", 443, true}), ConnectDecision(OpenTunnel{"10.0.0.1", 443}));
}

TEST(HostPolicyTest, the_hosts_are_the_configured_ones) {
  HostPolicy policy{InterceptOptions{{"hub.test"}, {}}, TunnelOptions{}};
  EXPECT_EQ(policy.decide({"cdn.hub.test", 443, false}), ConnectDecision(Intercept{"cdn.hub.test"}));
  EXPECT_EQ(policy.decide({"huggingface.co", 443, false}), ConnectDecision(OpenTunnel{"huggingface.co", 443}));
}

struct Tunnelled {
  const char* name;
  TunnelOptions options;
  uint16_t port;
  const char* names_key;  // of the refusal; null: it is a tunnel
};

void PrintTo(const Tunnelled& tested, std::ostream* out) {
  *out << tested.name;
}

class Tunnels : public testing::TestWithParam<Tunnelled> {};

TEST_P(Tunnels, go_where_the_options_allow) {
  HostPolicy policy{InterceptOptions{}, GetParam().options};
  auto decision = policy.decide({"example.org", GetParam().port, false});
  if (!GetParam().names_key) {
    EXPECT_EQ(decision, ConnectDecision(OpenTunnel{"example.org", GetParam().port}));
    return;
  }
  auto* refusal = std::get_if<http::Refusal>(&decision);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->status, 403);
  EXPECT_NE(refusal->message.find(GetParam().names_key), std::string::npos) << refusal->message;
}

INSTANTIATE_TEST_SUITE_P(
    , Tunnels,
    testing::Values(Tunnelled{"by_default_to_443", {}, 443, nullptr},
                    Tunnelled{"by_default_nowhere_else", {}, 22, "[tunnel] ports"},
                    Tunnelled{"to_a_listed_port", {TunnelPolicy::allow, {22}}, 22, nullptr},
                    Tunnelled{"not_to_443_when_it_is_not_listed", {TunnelPolicy::allow, {22}}, 443, "[tunnel] ports"},
                    Tunnelled{"nowhere_without_ports", {TunnelPolicy::allow, {}}, 443, "[tunnel] ports"},
                    Tunnelled{"nowhere_when_denied", {TunnelPolicy::deny, {443}}, 443, "[tunnel] policy"}),
    case_name<Tunnelled>);

TEST(HostPolicyTest, deny_leaves_the_intercepted_hosts_alone) {
  HostPolicy policy{InterceptOptions{}, TunnelOptions{TunnelPolicy::deny, {}}};
  EXPECT_EQ(policy.decide({"hf.co", 443, false}), ConnectDecision(Intercept{"hf.co"}));
}

}  // namespace
}  // namespace weir::proxy
