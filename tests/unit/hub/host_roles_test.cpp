// SPDX-License-Identifier: Apache-2.0
#include "hub/host_roles.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace weir::hub {
namespace {

struct Case {
  std::string_view host;
  Role role;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.host << " is " << name_of(each.role);
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

class RoleByNameTest : public testing::TestWithParam<Case> {};

TEST_P(RoleByNameTest, has_the_role) {
  EXPECT_EQ(role_of(GetParam().host), GetParam().role);
}

TEST_P(RoleByNameTest, has_it_in_any_spelling) {
  std::string upper = upper_case(GetParam().host);
  EXPECT_EQ(role_of(upper), GetParam().role);
  EXPECT_EQ(role_of(upper + '.'), GetParam().role);
}

// Nobody can take a role by putting text before or behind a name.
TEST_P(RoleByNameTest, does_not_pass_it_on_to_look_alikes) {
  std::string host(GetParam().host);
  EXPECT_EQ(role_of(host + ".example.org"), Role::other);
  EXPECT_EQ(role_of(host + "m.example"), Role::other);
  EXPECT_EQ(role_of("x" + host), Role::other);
}

INSTANTIATE_TEST_SUITE_P(
    Known, RoleByNameTest,
    testing::Values(Case{"huggingface.co", Role::hub}, Case{"www.huggingface.co", Role::hub},
                    Case{"hub-ci.huggingface.co", Role::hub}, Case{"hf.co", Role::hub},
                    Case{"huggingface.com", Role::hub}, Case{"huggingface.cn", Role::hub},
                    Case{"datasets-server.huggingface.co", Role::api}, Case{"api-inference.huggingface.co", Role::api},
                    Case{"router.huggingface.co", Role::api}, Case{"cas-server.xethub.hf.co", Role::cas},
                    Case{"cas-server-eu.xethub.hf.co", Role::cas}, Case{"cas-bridge.xethub.hf.co", Role::cdn},
                    Case{"cas-bridge-direct.xethub.hf.co", Role::cdn}, Case{"transfer.xethub.hf.co", Role::cdn},
                    Case{"cdn-lfs.huggingface.co", Role::cdn}, Case{"cdn-lfs-us-1.huggingface.co", Role::cdn},
                    Case{"cdn-lfs.hf.co", Role::cdn}, Case{"cdn-lfs-eu-1.hf.co", Role::cdn},
                    Case{"cdn-lfs.huggingface.com", Role::cdn}, Case{"lfs.huggingface.co", Role::cdn}));

TEST(HostRolesTest, cdn_hf_co_is_a_cdn_at_any_depth) {
  for (auto host : {"cdn.hf.co", "us.cdn.hf.co", "us.aws.cdn.hf.co", "eu-west-1.us.gcp.cdn.hf.co"})
    EXPECT_EQ(role_of(host), Role::cdn) << host;
  EXPECT_EQ(role_of("notcdn.hf.co"), Role::other);
}

TEST(HostRolesTest, leaves_all_else_alone) {
  for (auto host : {"", ".", "co", "example.org", "org-space.hf.space", "discuss.huggingface.co", "xethub.hf.co",
                    "a.cas-server.xethub.hf.co", "cdn-lfs.a.hf.co", "s3.amazonaws.com"})
    EXPECT_EQ(role_of(host), Role::other) << host;
}

TEST(HostRolesTest, learns_a_cdn) {
  HostRoles roles;
  EXPECT_EQ(roles.of("new-store.hf.co"), Role::other);
  roles.learn_cdn("New-Store.hf.co");
  EXPECT_EQ(roles.of("new-store.hf.co"), Role::cdn);
  EXPECT_EQ(roles.of("NEW-STORE.HF.CO."), Role::cdn);
  EXPECT_EQ(roles.of("a.new-store.hf.co"), Role::other);
}

// A hub that names itself in a Location keeps its Authorization.
TEST(HostRolesTest, never_makes_a_cdn_of_what_has_a_role) {
  HostRoles roles;
  for (auto host : {"huggingface.co", "hf.co", "datasets-server.huggingface.co", "cas-server.xethub.hf.co"}) {
    roles.learn_cdn(host);
    EXPECT_EQ(roles.of(host), role_of(host)) << host;
  }
}

TEST(HostRolesTest, learns_no_more_than_its_limit) {
  HostRoles roles;
  roles.learn_cdn("cdn-lfs.hf.co");  // known by name: takes no place
  for (size_t i = 0; i < HostRoles::kMaxLearnt + 1; ++i) roles.learn_cdn("n" + std::to_string(i) + ".hf.co");
  EXPECT_EQ(roles.of("n" + std::to_string(HostRoles::kMaxLearnt - 1) + ".hf.co"), Role::cdn);
  EXPECT_EQ(roles.of("n" + std::to_string(HostRoles::kMaxLearnt) + ".hf.co"), Role::other);
}

}  // namespace
}  // namespace weir::hub
