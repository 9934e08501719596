// SPDX-License-Identifier: Apache-2.0
#include "upstream/curl_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include <cerrno>

namespace weir::upstream {
namespace {

using Kind = OriginFault::Kind;
using testing::HasSubstr;

OriginFault fault(CURLcode code, Phase phase, long verify_result = 0) {
  return to_fault({code, "the reason", verify_result, "hub.test:443", phase, std::nullopt});
}

struct Case {
  const char* name;
  CURLcode code;
  Phase phase;
  Kind kind;
};

std::string case_name(const testing::TestParamInfo<Case>& tested) {
  return tested.param.name;
}

class CurlFaultTest : public testing::TestWithParam<Case> {};

TEST_P(CurlFaultTest, has_a_kind_and_a_sentence_with_host_and_reason) {
  auto result = fault(GetParam().code, GetParam().phase);
  EXPECT_EQ(result.kind, GetParam().kind);
  EXPECT_THAT(result.message, HasSubstr("hub.test:443"));
  EXPECT_THAT(result.message, HasSubstr("the reason"));
}

INSTANTIATE_TEST_SUITE_P(
    , CurlFaultTest,
    testing::Values(Case{"no_such_name", CURLE_COULDNT_RESOLVE_HOST, Phase::connecting, Kind::unreachable},
                    Case{"refused", CURLE_COULDNT_CONNECT, Phase::connecting, Kind::unreachable},
                    Case{"broken_handshake", CURLE_SSL_CONNECT_ERROR, Phase::connecting, Kind::unreachable},
                    Case{"slow_connection", CURLE_OPERATION_TIMEDOUT, Phase::connecting, Kind::timeout},
                    Case{"bad_certificate", CURLE_PEER_FAILED_VERIFICATION, Phase::connecting, Kind::bad_certificate},
                    Case{"bad_roots", CURLE_SSL_CACERT_BADFILE, Phase::connecting, Kind::bad_certificate},
                    Case{"no_answer", CURLE_GOT_NOTHING, Phase::waiting, Kind::unreachable},
                    Case{"reset_before_the_answer", CURLE_RECV_ERROR, Phase::waiting, Kind::unreachable},
                    Case{"no_http", CURLE_UNSUPPORTED_PROTOCOL, Phase::waiting, Kind::protocol},
                    Case{"weird_head", CURLE_WEIRD_SERVER_REPLY, Phase::head, Kind::protocol},
                    Case{"reset_in_the_head", CURLE_RECV_ERROR, Phase::head, Kind::protocol},
                    Case{"too_long_a_line", CURLE_OUT_OF_MEMORY, Phase::head, Kind::protocol},
                    Case{"short_body", CURLE_PARTIAL_FILE, Phase::body, Kind::cut},
                    Case{"reset_in_the_body", CURLE_RECV_ERROR, Phase::body, Kind::cut},
                    Case{"bad_chunk", CURLE_WEIRD_SERVER_REPLY, Phase::body, Kind::cut}),
    case_name);

TEST(CurlFaultKind, tells_an_address_that_is_silent_from_one_that_refuses) {
  CurlFailure failure{CURLE_COULDNT_CONNECT, "the reason", 0, "hub.test:443", Phase::connecting, std::nullopt};
  failure.os_error = ECONNREFUSED;
  EXPECT_EQ(to_fault(failure).kind, Kind::unreachable);
  failure.os_error = ETIMEDOUT;
  EXPECT_EQ(to_fault(failure).kind, Kind::timeout);
}

TEST(CurlFaultKind, tells_that_weir_is_to_blame) {
  CurlFailure failure{CURLE_COULDNT_CONNECT, "the reason", 0, "hub.test:443", Phase::connecting, std::nullopt};
  failure.no_descriptors = true;
  auto result = to_fault(failure);
  EXPECT_EQ(result.kind, Kind::no_descriptors);
  EXPECT_EQ(result.status(), 503);
  EXPECT_FALSE(result.is_final());
  EXPECT_THAT(result.message, HasSubstr("LimitNOFILE"));
}

TEST(CurlFaultMessages, say_what_to_do_about_a_certificate) {
  auto untrusted = fault(CURLE_PEER_FAILED_VERIFICATION, Phase::connecting, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
  EXPECT_THAT(untrusted.message, HasSubstr("[origin] ca_file"));
  auto expired = fault(CURLE_PEER_FAILED_VERIFICATION, Phase::connecting, X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_THAT(expired.message, HasSubstr("clock"));
}

TEST(CurlFaultMessages, name_the_key_for_a_refused_address) {
  auto refused =
      to_fault({CURLE_COULDNT_CONNECT, "", 0, "hub.test:443", Phase::connecting, IpAddress::parse("10.0.0.1")});
  EXPECT_EQ(refused.kind, Kind::refused_address);
  EXPECT_THAT(refused.message, HasSubstr("10.0.0.1"));
  EXPECT_THAT(refused.message, HasSubstr("[tunnel] allow_private"));
}

TEST(CurlFaultMessages, tell_a_parent_proxys_fault_from_the_origins) {
  auto parent = ParentProxy::parse("http://ann:s3cret@proxy:3128").value();
  auto nameless = ParentProxy::parse("http://proxy:3128").value();
  struct {
    const ParentProxy* parent;
    long status;
    Phase phase;
    const char* told;
  } const cases[] = {
      {&parent, 0, Phase::connecting,
       "Cannot connect to hub.test:443 through the parent proxy http://proxy:3128: the reason."},
      {&parent, 403, Phase::connecting,
       "The parent proxy http://proxy:3128 refused a connection to hub.test:443 with status 403."},
      {&parent, 407, Phase::connecting, "does not take the user and the password that it was given (407)"},
      {&nameless, 407, Phase::connecting, "asks for a user and a password (407)"},
      {&parent, 508, Phase::connecting, "leads back to this very Weir (508)"},
      {&parent, 200, Phase::connecting, "Cannot connect to hub.test:443: the reason."},
      {&parent, 0, Phase::waiting, "hub.test:443 closed the connection before it answered"},
  };
  for (const auto& tested : cases) {
    CurlFailure failure{CURLE_RECV_ERROR, "the reason", 0, "hub.test:443", tested.phase, std::nullopt};
    failure.parent = tested.parent;
    failure.parent_status = tested.status;
    auto result = to_fault(failure);
    EXPECT_EQ(result.kind, tested.phase == Phase::connecting && tested.status >= 400 && tested.status != 502
                               ? Kind::refused_tunnel
                               : Kind::unreachable);
    EXPECT_THAT(result.message, HasSubstr(tested.told));
    EXPECT_THAT(result.message, testing::Not(HasSubstr("s3cret")));
  }
}

TEST(CurlFaultMessages, fall_back_on_the_name_of_the_code) {
  auto result = to_fault({CURLE_COULDNT_CONNECT, "", 0, "hub.test:443", Phase::connecting, std::nullopt});
  EXPECT_THAT(result.message, HasSubstr(curl_easy_strerror(CURLE_COULDNT_CONNECT)));
}

}  // namespace
}  // namespace weir::upstream
