// SPDX-License-Identifier: Apache-2.0
#include "certs/name_constraints.h"

#include <gmock/gmock.h>
#include <openssl/x509v3.h>

#include "tests/unit/certs/support.h"

namespace weir::certs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<std::vector<std::string>> permitted_with(const std::string& constraints) {
  return permitted_names(make_authority_with({{NID_name_constraints, constraints}}).certificate);
}

TEST(PermittedNames, gives_back_what_was_put_in) {
  EXPECT_THAT(permitted_with(name_constraints_for({"huggingface.co", "hf.co"})).value(),
              ElementsAre("huggingface.co", "hf.co"));
}

struct WeakCase {
  std::string name;
  std::string constraints;
  std::string complaint;
};

class WeakConstraintsTest : public testing::TestWithParam<WeakCase> {};

TEST_P(WeakConstraintsTest, are_refused) {
  auto names = permitted_with(GetParam().constraints);
  ASSERT_FALSE(names);
  EXPECT_EQ(names.error().code, ErrorCode::invalid);
  EXPECT_THAT(names.error().message, HasSubstr(GetParam().complaint));
}

constexpr auto kNoIpv4 = ",excluded;IP:0.0.0.0/0.0.0.0";
constexpr auto kNoIpv6 = ",excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0";

INSTANTIATE_TEST_SUITE_P(
    , WeakConstraintsTest,
    testing::Values(WeakCase{"addresses", "critical,permitted;DNS:hf.co", "IP addresses"},
                    WeakCase{"ipv4", std::string("critical,permitted;DNS:hf.co") + kNoIpv6, "IP addresses"},
                    WeakCase{"ipv6", std::string("critical,permitted;DNS:hf.co") + kNoIpv4, "IP addresses"},
                    WeakCase{"half_of_ipv4",
                             std::string("critical,permitted;DNS:hf.co,excluded;IP:0.0.0.0/128.0.0.0") + kNoIpv6,
                             "IP addresses"},
                    WeakCase{"any_name", std::string("critical") + kNoIpv4 + kNoIpv6, "no DNS name"},
                    WeakCase{"not_critical", std::string("permitted;DNS:hf.co") + kNoIpv4 + kNoIpv6, "critical"}),
    [](const auto& test) { return test.param.name; });

TEST(PermittedNames, refuses_a_ca_without_constraints) {
  EXPECT_FALSE(permitted_names(make_authority_with({}).certificate));
}

}  // namespace
}  // namespace weir::certs
