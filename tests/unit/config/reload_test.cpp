// SPDX-License-Identifier: Apache-2.0
#include "config/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/option.h"

namespace weir::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Locations kLocations{"/home/u", "/home/u/.local/share/weir", "/home/u/.config/weir"};

Config read(std::string_view text) {
  return parse(text, "/f/weir.toml", kLocations).value();
}

TEST(ReloadTest, takes_what_may_change_and_names_what_may_not) {
  auto running = read("[tunnel]\npolicy = \"allow\"\n");
  auto changed = read(
      "[proxy]\nlisten = \"127.0.0.1:1\"\nworkers = 3\naccess_log = false\n[tunnel]\npolicy = "
      "\"deny\"\n[origin]\nproxy "
      "= \"none\"\n");
  auto plan = plan_reload(running, changed).value();
  EXPECT_THAT(plan.taken, ElementsAre("proxy.access_log", "tunnel.policy"));
  EXPECT_THAT(plan.waiting, ElementsAre("proxy.listen", "proxy.workers", "origin.proxy"));
  EXPECT_EQ(plan.config.proxy.tunnel.policy, proxy::TunnelPolicy::deny);
  EXPECT_FALSE(plan.config.proxy.access_log);
  EXPECT_EQ(plan.config.proxy.listen.listen, running.proxy.listen.listen);
  EXPECT_EQ(plan.config.proxy.listen.workers, 0U);
}

TEST(ReloadTest, says_nothing_when_nothing_changed) {
  auto running = read("[log]\nlevel = \"debug\"\n");
  auto plan = plan_reload(running, running).value();
  EXPECT_THAT(plan.taken, IsEmpty());
  EXPECT_THAT(plan.waiting, IsEmpty());
}

// A key that is taken out of the file is at its default again.
TEST(ReloadTest, takes_defaults_as_values) {
  auto plan = plan_reload(read("[limits]\ntunnels = 3\n"), read("")).value();
  EXPECT_THAT(plan.taken, ElementsAre("limits.tunnels"));
  EXPECT_EQ(plan.config.proxy.limits.tunnels, proxy::LimitOptions().tunnels);
}

TEST(ReloadTest, sees_a_password_that_is_not_shown) {
  auto plan =
      plan_reload(read("[origin]\nproxy = \"http://a:b@p:1\"\n"), read("[origin]\nproxy = \"http://a:c@p:1\"\n"));
  EXPECT_THAT(plan->waiting, ElementsAre("origin.proxy"));
}

TEST(ReloadTest, takes_sources) {
  auto source = [](const char* access) {
    return read(std::string("[[source]]\nkind = \"storj\"\nprefix = \"https://a.test/") + access + "\"\n");
  };
  auto plan = plan_reload(source("one"), source("two")).value();
  EXPECT_THAT(plan.taken, ElementsAre("source"));
  EXPECT_EQ(plan.config.sources[1].url.reveal(), "https://a.test/two");
}

// The new file is right, but what is left of the running configuration is not, with it.
TEST(ReloadTest, refuses_what_does_not_go_with_what_stays) {
  auto running = read("[proxy]\nlisten = \"192.168.0.1:1\"\nallow = [\"10.0.0.0/8\"]\n");
  auto plan = plan_reload(running, read("[proxy]\nlisten = \"127.0.0.1:1\"\nusers = \"u\"\n"));
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("proxy.listen: expected"));
}

TEST(ReloadTest, every_reloadable_option_can_be_copied) {
  for (const auto& option : options())
    if (option.reloadable) {
      EXPECT_TRUE(option.copy) << option.key;
    }
}

}  // namespace
}  // namespace weir::config
