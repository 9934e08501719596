// SPDX-License-Identifier: Apache-2.0
#include "cli/parent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using upstream::ProxySetting;

const std::vector<Endpoint> kOwn{*Endpoint::parse("127.0.0.1:9347")};
const ProxyFacts kFacts{"http://127.0.0.1:9347", "/d/ca/ca.pem", "/d/ca/bundle.pem", {"huggingface.co"}, {}};

ParentChoice choose(const Environment& found, ProxySetting setting = {}) {
  return choose_parent(setting, found, kOwn).value();
}

std::string proxy_of(const ParentChoice& choice) {
  return choice.route.proxy ? choice.route.proxy->text() : "";
}

struct Case {
  const char* name;
  Environment found;
  std::string proxy;
  std::string source;
  size_t warnings = 0;
};

class ChooseParentTest : public testing::TestWithParam<Case> {};

TEST_P(ChooseParentTest, from_the_environment) {
  auto choice = choose(GetParam().found);
  EXPECT_EQ(proxy_of(choice), GetParam().proxy);
  EXPECT_EQ(choice.source, GetParam().source);
  EXPECT_EQ(choice.warnings.size(), GetParam().warnings);
}

// The same from within the environment that `weir env` makes of it, and from within that of another Weir.
TEST_P(ChooseParentTest, from_the_environment_that_is_weirs_already) {
  for (const char* url : {"http://127.0.0.1:9347", "http://127.0.0.1:9999"}) {
    auto facts = kFacts;
    facts.proxy_url = url;
    auto once = applied(GetParam().found, plan_environment(GetParam().found, facts).assignments);
    auto twice = applied(once, plan_environment(once, facts).assignments);
    for (const auto& environment : {once, twice}) {
      auto choice = choose(environment);
      EXPECT_EQ(proxy_of(choice), GetParam().proxy) << url;
      EXPECT_EQ(choice.source, GetParam().source) << url;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    , ChooseParentTest,
    testing::Values(
        Case{"nothing", {{"HTTP_PROXY", "http://old:1"}}, "", ""},
        Case{"upper_case", {{"HTTPS_PROXY", "http://company:3128"}}, "http://company:3128", "HTTPS_PROXY"},
        Case{"lower_case", {{"https_proxy", "company:3128"}}, "http://company:3128", "https_proxy"},
        Case{"lower_case_first",
             {{"https_proxy", "http://a:1"}, {"HTTPS_PROXY", "http://b:1"}},
             "http://a:1",
             "https_proxy"},
        Case{"an_empty_one_is_none", {{"https_proxy", ""}, {"HTTPS_PROXY", "http://b:1"}}, "http://b:1", "HTTPS_PROXY"},
        Case{"for_all", {{"ALL_PROXY", "http://all:1"}}, "http://all:1", "ALL_PROXY"},
        Case{"for_all_comes_last",
             {{"all_proxy", "http://all:1"}, {"HTTPS_PROXY", "http://b:1"}},
             "http://b:1",
             "HTTPS_PROXY"},
        Case{"weir_itself", {{"HTTPS_PROXY", "http://localhost:9347/"}}, "", "", 1},
        Case{"weir_itself_twice",
             {{"HTTPS_PROXY", "http://localhost:9347"}, {"https_proxy", "http://localhost:9347"}},
             "",
             "",
             1},
        Case{"weir_itself_and_another",
             {{"HTTPS_PROXY", "http://[::1]:9347"}, {"ALL_PROXY", "http://all:1"}},
             "http://all:1",
             "ALL_PROXY",
             1},
        Case{"what_cannot_be_spoken_to",
             {{"ALL_PROXY", "socks5h://all:1"}, {"HTTPS_PROXY", "socks5://all:1"}},
             "",
             "",
             2}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(ChooseParent, what_weir_env_has_set_is_never_taken) {
  // The user's shell had none; WEIR_PROXY is another Weir's.
  Environment found{{"HTTPS_PROXY", "http://127.0.0.1:9999"},
                    {"ALL_PROXY", "http://127.0.0.1:9999"},
                    {"WEIR_PROXY", "http://127.0.0.1:9999"}};
  EXPECT_EQ(proxy_of(choose(found)), "");
  EXPECT_THAT(choose(found).warnings, IsEmpty());
}

TEST(ChooseParent, no_password_in_a_warning) {
  auto choice =
      choose({{"HTTPS_PROXY", "socks5://ann:s3cret@all:1"}, {"ALL_PROXY", "http://ann:s3cret@127.0.0.1:9347"}});
  ASSERT_EQ(choice.warnings.size(), 2U);
  for (const auto& warning : choice.warnings) EXPECT_THAT(warning, Not(HasSubstr("s3cret")));
}

TEST(ChooseParent, tells_how_a_password_is_written) {
  for (const char* url : {"http://ann:s3#cret@all:1", "HTTPS://ann:s3/cret@all:1", "ann:s3/cret@all:1"}) {
    auto choice = choose({{"HTTPS_PROXY", url}});
    EXPECT_EQ(proxy_of(choice), "") << url;
    EXPECT_THAT(choice.warnings, ElementsAre(AllOf(HasSubstr("HTTPS_PROXY"), HasSubstr("%23 for #, %2F for /"),
                                                   HasSubstr("does without it"), Not(HasSubstr("s3")))));
  }
}

TEST(ChooseParent, the_configuration_goes_before_the_environment) {
  Environment found{{"HTTPS_PROXY", "http://company:3128"}, {"NO_PROXY", "intra.example"}};
  EXPECT_EQ(proxy_of(choose(found, {ProxySetting::Source::none, {}})), "");
  auto choice = choose(found, {ProxySetting::Source::url, Secret("https://ann:s3cret@other:8443")});
  EXPECT_EQ(proxy_of(choice), "https://other:8443");
  EXPECT_EQ(choice.source, "origin.proxy");
  EXPECT_TRUE(choice.route.except.covers("intra.example", 443));
}

TEST(ChooseParent, a_configured_proxy_must_be_one_and_another) {
  for (const char* url : {"http://127.0.0.1:9347", "http://localhost:9347/", "http://ann:s3cret#@proxy:1"}) {
    auto choice = choose_parent({ProxySetting::Source::url, Secret(url)}, {}, kOwn);
    ASSERT_FALSE(choice) << url;
    EXPECT_EQ(choice.error().code, ErrorCode::invalid);
    EXPECT_THAT(choice.error().message, HasSubstr("origin.proxy"));
    EXPECT_THAT(choice.error().message, Not(HasSubstr("s3cret")));
  }
}

TEST(ChooseParent, no_proxy_is_the_users_own) {
  Environment found{{"NO_PROXY", "upper.example"}};
  EXPECT_TRUE(choose(found).route.except.covers("upper.example", 443));
  found["no_proxy"] = "lower.example";
  for (const auto& environment : {found, applied(found, plan_environment(found, kFacts).assignments)}) {
    EXPECT_TRUE(choose(environment).route.except.covers("lower.example", 443));
    EXPECT_FALSE(choose(environment).route.except.covers("upper.example", 443));
  }
}

TEST(OwnEndpoints, all_interfaces_where_weir_listens_on_all) {
  auto one = *Endpoint::parse("192.0.2.1:1");
  EXPECT_THAT(own_endpoints(one), ElementsAre(one));
  for (const char* listening : {"0.0.0.0:1", "[::]:1"})
    EXPECT_THAT(own_endpoints(*Endpoint::parse(listening)), testing::Contains(*Endpoint::parse("127.0.0.1:1")));
}

}  // namespace
}  // namespace weir::cli
