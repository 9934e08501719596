// SPDX-License-Identifier: Apache-2.0
#include "proxy/connect_gate.h"

#include <gtest/gtest.h>

#include <ostream>

namespace weir::proxy {
namespace {

constexpr std::string_view kBehind = "\x16\x03\x01 bytes of TLS \r\n\r\n";

// A decision without the words of its refusal.
std::string kind_of(const std::optional<GateDecision>& decision) {
  if (!decision) return "nothing";
  if (auto* found = std::get_if<Intercept>(&*decision)) return "intercept " + found->host;
  if (auto* found = std::get_if<OpenTunnel>(&*decision))
    return "tunnel " + found->host + " " + std::to_string(found->port);
  auto& refusal = std::get<SpeakHttp>(*decision).refusal;
  return refusal ? "refuse " + std::to_string(refusal->status) : "speak http";
}

struct Case {
  const char* name;
  std::string input;
  const char* expected;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

std::string case_name(const testing::TestParamInfo<Case>& tested) {
  return tested.param.name;
}

class ConnectGateTest : public testing::TestWithParam<Case> {
 protected:
  ConnectGate gate() { return ConnectGate(policy_, "weir-1234", limits_); }

  // Hands over `bytes` as a socket would: what was not taken stays in front.
  static void feed(ConnectGate& gate, std::string_view bytes) {
    while (!bytes.empty() && !gate.decision()) {
      auto taken = gate.take(bytes);
      ASSERT_GT(taken, 0U);
      ASSERT_LE(taken, bytes.size());
      bytes.remove_prefix(taken);
    }
  }

  http::HeadLimits limits_;
  HostPolicy policy_{InterceptOptions{}, TunnelOptions{TunnelPolicy::allow, {443, 8443}}};
};

TEST_P(ConnectGateTest, decides_alike_at_every_cut) {
  const std::string_view input = GetParam().input;
  for (size_t cut = 0; cut <= input.size(); ++cut) {
    auto tested = gate();
    feed(tested, input.substr(0, cut));
    feed(tested, input.substr(cut));
    ASSERT_EQ(kind_of(tested.decision()), GetParam().expected) << "cut after byte " << cut;
  }
}

TEST_P(ConnectGateTest, takes_no_byte_behind_a_head_of_a_connect) {
  const std::string input = GetParam().input + std::string(kBehind);
  for (size_t cut = 0; cut <= input.size(); ++cut) {
    auto tested = gate();
    feed(tested, std::string_view(input).substr(0, cut));
    feed(tested, std::string_view(input).substr(cut));
    ASSERT_EQ(kind_of(tested.decision()), GetParam().expected) << "cut after byte " << cut;
    if (GetParam().input.starts_with("CONNECT ")) {
      ASSERT_EQ(tested.taken(), GetParam().input) << "cut after byte " << cut;
    } else {
      ASSERT_TRUE(input.starts_with(tested.taken())) << "cut after byte " << cut;
    }
  }
}

TEST_P(ConnectGateTest, decides_byte_by_byte) {
  auto tested = gate();
  for (char byte : GetParam().input) feed(tested, {&byte, 1});
  EXPECT_EQ(kind_of(tested.decision()), GetParam().expected);
}

std::string connect(const std::string& authority, const std::string& more = "") {
  return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + more + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    , ConnectGateTest,
    testing::Values(
        Case{"the_hub", connect("huggingface.co:443"), "intercept huggingface.co"},
        Case{"a_cdn_of_the_hub", connect("us.aws.cdn.hf.co:443"), "intercept us.aws.cdn.hf.co"},
        Case{"the_hub_in_capitals", connect("HuggingFace.CO:443"), "intercept huggingface.co"},
        Case{"the_hub_with_a_dot", connect("huggingface.co.:443"), "intercept huggingface.co"},
        Case{"the_hub_in_1_0", "CONNECT huggingface.co:443 HTTP/1.0\r\n\r\n", "intercept huggingface.co"},
        Case{"the_hub_on_another_port", connect("huggingface.co:8443"), "refuse 403"},
        Case{"an_exception", connect("router.huggingface.co:443"), "tunnel router.huggingface.co 443"},
        Case{"another_host", connect("example.org:443"), "tunnel example.org 443"},
        Case{"another_port", connect("example.org:8443"), "tunnel example.org 8443"},
        Case{"a_port_that_is_not_allowed", connect("example.org:22"), "refuse 403"},
        Case{"an_address", connect("[2600:9000::1]:443"), "tunnel 2600:9000::1 443"},
        Case{"with_an_empty_body", connect("huggingface.co:443", "Content-Length: 0\r\n"), "intercept huggingface.co"},
        Case{"with_a_body", connect("huggingface.co:443", "Content-Length: 1\r\n"), "refuse 400"},
        Case{"with_a_body_in_chunks", connect("huggingface.co:443", "Transfer-Encoding: chunked\r\n"), "refuse 400"},
        Case{"with_two_framings", connect("huggingface.co:443", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
             "refuse 400"},
        Case{"from_weir_itself", connect("huggingface.co:443", "Via: 1.1 weir-1234\r\n"), "refuse 508"},
        Case{"from_another_proxy", connect("huggingface.co:443", "Via: 1.1 weir-9\r\n"), "intercept huggingface.co"},
        Case{"with_userinfo", "CONNECT a@huggingface.co:443 HTTP/1.1\r\nHost: x\r\n\r\n", "speak http"},
        Case{"without_a_port", "CONNECT huggingface.co HTTP/1.1\r\nHost: huggingface.co\r\n\r\n", "speak http"},
        Case{"without_a_host", "CONNECT huggingface.co:443 HTTP/1.1\r\n\r\n", "speak http"},
        Case{"with_bare_line_feeds", "CONNECT huggingface.co:443 HTTP/1.1\nHost: huggingface.co\n\n", "speak http"},
        Case{"in_lower_case", "connect huggingface.co:443 HTTP/1.1\r\nHost: x\r\n\r\n", "speak http"},
        Case{"absolute_form", "GET http://huggingface.co/a HTTP/1.1\r\nHost: huggingface.co\r\n\r\n", "speak http"},
        Case{"origin_form", "GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n", "speak http"},
        Case{"an_empty_line_first", "\r\nCONNECT huggingface.co:443 HTTP/1.1\r\nHost: huggingface.co\r\n\r\n",
             "speak http"},
        Case{"a_tls_hello", "\x16\x03\x01\x02", "speak http"},
        Case{"connect_with_a_tab", "CONNECT\thuggingface.co:443 HTTP/1.1\r\n\r\n", "speak http"}),
    case_name);

TEST_F(ConnectGateTest, shows_the_connect_that_it_decided_on) {
  auto tested = gate();
  feed(tested, connect("huggingface.co:443", "Proxy-Authorization: Basic YTpi\r\n"));
  ASSERT_NE(tested.connect(), nullptr);
  EXPECT_EQ(tested.connect()->fields.get("Proxy-Authorization"), "Basic YTpi");
  auto other = gate();
  feed(other, "GET http://huggingface.co/ HTTP/1.1\r\nHost: huggingface.co\r\n\r\n");
  EXPECT_EQ(other.connect(), nullptr);
  auto bad = gate();
  feed(bad, "CONNECT nonsense HTTP/1.1\r\nHost: nonsense\r\n\r\n");
  EXPECT_EQ(bad.connect(), nullptr);
}

TEST_F(ConnectGateTest, waits_for_the_end_of_the_head) {
  const std::string whole = connect("huggingface.co:443");
  for (size_t cut = 1; cut < whole.size(); ++cut) {
    auto tested = gate();
    feed(tested, std::string_view(whole).substr(0, cut));
    ASSERT_EQ(tested.decision(), std::nullopt) << "after byte " << cut;
  }
}

TEST_F(ConnectGateTest, gives_a_head_above_the_limit_to_http) {
  limits_.head = 200;
  auto tested = gate();
  feed(tested, "CONNECT huggingface.co:443 HTTP/1.1\r\nX: ");
  EXPECT_EQ(tested.decision(), std::nullopt);
  feed(tested, std::string(200, 'x'));
  EXPECT_EQ(kind_of(tested.decision()), "speak http");
}

TEST_F(ConnectGateTest, says_which_setting_forbids_a_tunnel) {
  HostPolicy denying{InterceptOptions{}, TunnelOptions{TunnelPolicy::deny, {443}}};
  ConnectGate tested(denying, "weir-1234", limits_);
  feed(tested, connect("example.org:443"));
  ASSERT_EQ(kind_of(tested.decision()), "refuse 403");
  EXPECT_NE(std::get<SpeakHttp>(*tested.decision()).refusal->message.find("[tunnel] policy"), std::string::npos);
}

}  // namespace
}  // namespace weir::proxy
