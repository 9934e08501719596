// SPDX-License-Identifier: Apache-2.0
#include "cli/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const ProxyFacts kFacts{"http://127.0.0.1:9347",
                        "/d/ca/ca.pem",
                        "/d/ca/bundle.pem",
                        {"huggingface.co", "hf.co"},
                        {"router.huggingface.co"}};

constexpr const char* kBundleNames[] = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
                                        "GIT_PROXY_SSL_CAINFO"};

Environment with_weir(const Environment& found, const ProxyFacts& facts = kFacts) {
  return applied(found, plan_environment(found, facts).assignments);
}

Environment without_weir(const Environment& found) {
  return applied(found, plan_restoration(found).assignments);
}

TEST(EnvironmentTest, sets_what_every_client_needs) {
  auto set = with_weir({{"PATH", "/bin"}, {"HTTP_PROXY", "http://old:1"}});
  Environment expected{{"PATH", "/bin"},
                       {"HTTP_PROXY", "http://old:1"},
                       {"HTTPS_PROXY", "http://127.0.0.1:9347"},
                       {"https_proxy", "http://127.0.0.1:9347"},
                       {"NO_PROXY", "localhost,127.0.0.1,::1"},
                       {"no_proxy", "localhost,127.0.0.1,::1"},
                       {"NODE_EXTRA_CA_CERTS", "/d/ca/ca.pem"},
                       {"NODE_USE_ENV_PROXY", "1"},
                       {"WEIR_PROXY", "http://127.0.0.1:9347"},
                       {"WEIR_CA", "/d/ca/ca.pem"},
                       {"WEIR_CA_BUNDLE", "/d/ca/bundle.pem"}};
  for (const auto* name : kBundleNames) expected[name] = "/d/ca/bundle.pem";
  EXPECT_EQ(set, expected);
}

// Environments of users.
const Environment kUsers[] = {
    {},
    {{"HTTPS_PROXY", "http://company:3128"}, {"https_proxy", ""}, {"HTTP_PROXY", "http://company:3128"}},
    {{"NO_PROXY", "intra.example, 10.0.0.0/8"}},
    {{"no_proxy", "localhost"}, {"NO_PROXY", "a,b,"}},
    {{"NO_PROXY", "::1,127.0.0.1,localhost"}},
    {{"SSL_CERT_FILE", "/etc/company.pem"}, {"GIT_SSL_CAINFO", ""}},
    {{"REQUESTS_CA_BUNDLE", "/etc/a b.pem"}, {"CURL_CA_BUNDLE", "/c.pem"}},
    {{"NODE_EXTRA_CA_CERTS", "/etc/company.pem"}, {"NODE_USE_ENV_PROXY", "1"}},
    {{"NODE_USE_ENV_PROXY", "0"}, {"UNRELATED", "it's"}},
};

TEST(EnvironmentTest, a_second_time_says_the_same) {
  for (const auto& users : kUsers) {
    auto first = plan_environment(users, kFacts);
    auto second = plan_environment(applied(users, first.assignments), kFacts);
    EXPECT_EQ(second, first);
  }
}

TEST(EnvironmentTest, is_taken_back_whole) {
  for (const auto& users : kUsers) {
    EXPECT_EQ(without_weir(with_weir(users)), users);
    EXPECT_EQ(without_weir(with_weir(with_weir(users))), users);
  }
}

TEST(EnvironmentTest, is_taken_back_whole_after_a_change_of_port_and_folder) {
  ProxyFacts other{"http://127.0.0.1:40000", "/e/ca/ca.pem", "/e/ca/bundle-1.pem", kFacts.hosts, kFacts.except};
  for (const auto& users : kUsers) {
    auto again = with_weir(with_weir(users), other);
    EXPECT_EQ(again, with_weir(users, other));
    EXPECT_EQ(without_weir(again), users);
  }
}

TEST(EnvironmentTest, nothing_to_take_back_is_nothing) {
  EXPECT_THAT(plan_restoration({{"HTTPS_PROXY", "http://127.0.0.1:9347"}}).assignments, IsEmpty());
}

TEST(EnvironmentTest, what_the_user_changes_afterwards_is_the_users) {
  auto found = with_weir({{"SSL_CERT_FILE", "/old.pem"}, {"NO_PROXY", "old"}, {"HTTPS_PROXY", "http://old:1"}});
  found["SSL_CERT_FILE"] = "/new.pem";
  found["NO_PROXY"] = "new";
  found["HTTPS_PROXY"] = "http://new:1";
  found.erase("CURL_CA_BUNDLE");
  auto users = users_environment(found, "/d/ca");
  EXPECT_EQ(users, (Environment{{"SSL_CERT_FILE", "/new.pem"}, {"NO_PROXY", "new"}, {"HTTPS_PROXY", "http://new:1"}}));

  auto restored = without_weir(found);
  EXPECT_EQ(restored, users);

  auto again = with_weir(found);
  EXPECT_EQ(again["WEIR_SAVED_SSL_CERT_FILE"], "/new.pem");
  EXPECT_EQ(again["SSL_CERT_FILE"], "/d/ca/bundle.pem");
  EXPECT_EQ(without_weir(again), users);
}

TEST(EnvironmentTest, a_saved_value_goes_when_the_user_has_none_any_more) {
  auto found = with_weir({{"SSL_CERT_FILE", "/old.pem"}});
  found.erase("SSL_CERT_FILE");
  EXPECT_THAT(plan_environment(found, kFacts).assignments,
              testing::Contains(Assignment{"WEIR_SAVED_SSL_CERT_FILE", std::nullopt}));
}

TEST(EnvironmentTest, weirs_own_files_are_never_the_users) {
  // As when WEIR_... was lost on the way.
  Environment found{{"SSL_CERT_FILE", "/d/ca/bundle.pem"},
                    {"REQUESTS_CA_BUNDLE", "/d/ca/bundle-12345678.pem"},
                    {"NODE_EXTRA_CA_CERTS", "/d/ca/ca.pem"}};
  EXPECT_THAT(users_environment(found, "/d/ca"), IsEmpty());
}

TEST(EnvironmentTest, keeps_the_entries_of_no_proxy) {
  struct {
    Environment found;
    std::string upper, lower;
  } const cases[] = {{{{"NO_PROXY", "a.example,10.0.0.0/8"}},
                      "a.example,10.0.0.0/8,localhost,127.0.0.1,::1",
                      "a.example,10.0.0.0/8,localhost,127.0.0.1,::1"},
                     {{{"no_proxy", " localhost , b "}}, "localhost , b,127.0.0.1,::1", "localhost , b,127.0.0.1,::1"},
                     {{{"NO_PROXY", "a"}, {"no_proxy", "b"}}, "a,localhost,127.0.0.1,::1", "b,localhost,127.0.0.1,::1"},
                     {{{"NO_PROXY", "a,"}}, "a,localhost,127.0.0.1,::1", "a,localhost,127.0.0.1,::1"},
                     {{{"NO_PROXY", ""}}, "localhost,127.0.0.1,::1", "localhost,127.0.0.1,::1"}};
  for (const auto& each : cases) {
    auto set = with_weir(each.found);
    EXPECT_EQ(set["NO_PROXY"], each.upper);
    EXPECT_EQ(set["no_proxy"], each.lower);
  }
}

TEST(EnvironmentTest, nodes_extra_certificates_are_kept_by_the_bundle) {
  EXPECT_EQ(with_weir({{"NODE_EXTRA_CA_CERTS", "/x.pem"}})["NODE_EXTRA_CA_CERTS"], "/d/ca/bundle.pem");
}

TEST(EnvironmentTest, warns_of_no_proxy_entries_that_cover_the_hub) {
  EXPECT_THAT(plan_environment({{"NO_PROXY", "intra,.hf.co"}, {"no_proxy", "intra,.hf.co"}}, kFacts).warnings,
              ElementsAre(AllOf(HasSubstr("\".hf.co\""), HasSubstr("NO_PROXY"))));
  EXPECT_THAT(plan_environment({{"NO_PROXY", "intra.example"}}, kFacts).warnings, IsEmpty());
}

TEST(EnvironmentTest, warns_of_another_proxy_without_its_password) {
  auto warnings = plan_environment({{"https_proxy", "http://user:password@company:3128"}}, kFacts).warnings;
  EXPECT_THAT(warnings, ElementsAre(AllOf(HasSubstr("https_proxy"), testing::Not(HasSubstr("password")))));
}

TEST(EnvironmentTest, says_what_becomes_of_another_proxy) {
  using Source = upstream::ProxySetting::Source;
  struct {
    const char* url;
    Source parent;
    const char* told;
  } const cases[] = {{"http://ann:p%w@company:3128", Source::environment, "goes through it itself when it was started"},
                     {"http://ann:p#w@company:3128", Source::environment, "does without it"},
                     {"socks5://company:1080", Source::environment, "does without it"},
                     {"http://company:3128", Source::none, "[origin] proxy alone"},
                     {"http://company:3128", Source::url, "[origin] proxy alone"}};
  for (const auto& each : cases) {
    auto facts = kFacts;
    facts.parent = each.parent;
    EXPECT_THAT(plan_environment({{"HTTPS_PROXY", each.url}}, facts).warnings, ElementsAre(HasSubstr(each.told)))
        << each.url;
  }
}

TEST(NoProxyTest, covers) {
  for (auto entry :
       {"*", " * ", "huggingface.co", ".huggingface.co", "*.huggingface.co", "HuggingFace.CO", "huggingface.co.",
        "huggingface.co:443", "co", ".co", "us.aws.cdn.hf.co", ".cdn.hf.co", "cdn-lfs.huggingface.co"})
    EXPECT_TRUE(no_proxy_covers(entry, kFacts.hosts, kFacts.except)) << entry;
}

TEST(NoProxyTest, does_not_cover) {
  for (auto entry :
       {"", ".", "localhost", "127.0.0.1", "10.0.0.0/8", "notuggingface.co", "face.co", "nothuggingface.co",
        "huggingface.co.example", "hf.space", "router.huggingface.co", ".router.huggingface.co", "example.org"})
    EXPECT_FALSE(no_proxy_covers(entry, kFacts.hosts, kFacts.except)) << entry;
}

const EndpointFacts kEndpoint{"http://127.0.0.1:9347", "127.0.0.1", {}, {}};
const EndpointFacts kSecured{"https://w.example:9347", "w.example", "/d/ca/ca.pem", "/d/ca/bundle.pem"};

Environment with_endpoint(const Environment& found, const EndpointFacts& facts = kEndpoint) {
  return applied(found, plan_endpoint(found, facts).assignments);
}

TEST(EndpointEnvironmentTest, names_weir_as_the_hub) {
  EXPECT_EQ(with_endpoint({{"PATH", "/bin"}, {"HTTPS_PROXY", "http://company:3128"}}),
            (Environment{{"PATH", "/bin"},
                         {"HTTPS_PROXY", "http://company:3128"},
                         {"WEIR_SAVED_HTTPS_PROXY", "http://company:3128"},
                         {"HF_ENDPOINT", "http://127.0.0.1:9347"},
                         {"NO_PROXY", "localhost,127.0.0.1,::1"},
                         {"no_proxy", "localhost,127.0.0.1,::1"},
                         {"WEIR_ENDPOINT", "http://127.0.0.1:9347"},
                         {"WEIR_ENDPOINT_HOST", "127.0.0.1"}}));
  auto secured = with_endpoint({}, kSecured);
  EXPECT_EQ(secured["HF_ENDPOINT"], "https://w.example:9347");
  EXPECT_EQ(secured["NO_PROXY"], "localhost,127.0.0.1,::1,w.example");
  for (const auto* name : kBundleNames) EXPECT_EQ(secured[name], "/d/ca/bundle.pem");
  EXPECT_EQ(secured["NODE_EXTRA_CA_CERTS"], "/d/ca/ca.pem");
}

TEST(EndpointEnvironmentTest, is_taken_back_whole) {
  auto all = std::vector<Environment>(std::begin(kUsers), std::end(kUsers));
  all.push_back({{"HF_ENDPOINT", "https://mirror.example"}});
  for (const auto& users : all) {
    for (const auto& facts : {kEndpoint, kSecured}) {
      EXPECT_EQ(without_weir(with_endpoint(users, facts)), users);
      EXPECT_EQ(with_endpoint(with_endpoint(users, facts), facts), with_endpoint(users, facts));
    }
  }
}

TEST(EndpointEnvironmentTest, takes_the_proxys_place_and_gives_it_back) {
  auto all = std::vector<Environment>(std::begin(kUsers), std::end(kUsers));
  all.push_back({{"HF_ENDPOINT", "https://mirror.example"}});
  for (const auto& users : all) {
    for (const auto& facts : {kEndpoint, kSecured}) {
      EXPECT_EQ(with_endpoint(with_weir(users), facts), with_endpoint(users, facts));
      EXPECT_EQ(with_weir(with_endpoint(users, facts)), with_weir(users));
    }
  }
}

}  // namespace
}  // namespace weir::cli
