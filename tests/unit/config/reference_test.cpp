// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "base/files.h"
#include "config/load.h"
#include "config/option.h"

namespace weir::config {
namespace {

using testing::HasSubstr;

const Locations kLocations{"/home/u", "/home/u/.local/share/weir", "/home/u/.config/weir"};

TEST(ReferenceTest, committed_example_is_what_the_table_says) {
  auto committed = read_file(WEIR_EXAMPLE_FILE);
  ASSERT_TRUE(committed && *committed) << "missing; make it with: weir config --example > config/weir.toml";
  EXPECT_EQ(**committed, example_file()) << "out of step; make it with: weir config --example > config/weir.toml";
}

TEST(ReferenceTest, example_is_the_default_with_and_without_its_comment_signs) {
  auto plain = parse(example_file(), "/f/weir.toml", kLocations);
  ASSERT_TRUE(plain) << plain.error().message;
  auto spelled_out =
      parse(std::regex_replace(example_file(), std::regex("#([a-z_]+ = )"), "$1"), "/f/weir.toml", kLocations);
  ASSERT_TRUE(spelled_out) << spelled_out.error().message;
  EXPECT_EQ(effective_file(*plain), effective_file(default_config(kLocations)));
  EXPECT_EQ(effective_file(*spelled_out), effective_file(default_config(kLocations)));
}

TEST(ReferenceTest, effective_file_is_read_back_as_the_same) {
  auto config = parse(
      "[proxy]\nlisten = \"0.0.0.0:1\"\nallow = [\"10.1.0.0/16\", \"fd00::/8\", \"::1\"]\n[tunnel]\nports = [443, "
      "80]\n",
      "/f/weir.toml", kLocations);
  ASSERT_TRUE(config) << config.error().message;
  auto text = effective_file(*config);
  EXPECT_THAT(text, HasSubstr("allow = [\"10.1.0.0/16\", \"fd00::/8\", \"::1/128\"]"));
  auto again = parse(text, "/f/weir.toml", kLocations);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(effective_file(*again), text);
}

TEST(ReferenceTest, every_option_has_a_section_and_a_sentence) {
  std::set<std::string> names;
  for (const auto& section : sections()) names.insert(section.name);
  std::set<std::string> keys;
  for (const auto& option : options()) {
    EXPECT_TRUE(names.count(std::string(option.section()))) << option.key;
    EXPECT_TRUE(option.help.ends_with('.')) << option.key;
    EXPECT_TRUE(keys.insert(option.key).second) << option.key;
  }
}

TEST(ReferenceTest, suggests_the_nearest_key) {
  struct {
    std::string unknown, nearest;
  } const cases[] = {{"proxy.lisen", "proxy.listen"},
                     {"listen", "proxy.listen"},
                     {"store.paht", "store.path"},
                     {"limits.head_timout", "limits.head_timeout"},
                     {"fetch.connect_timeout", "origin.connect_timeout"},
                     {"tunnel.port", "tunnel.ports"}};
  for (const auto& each : cases) EXPECT_EQ(nearest_key(each.unknown), each.nearest);
  EXPECT_EQ(nearest_section("limit"), "limits");
  EXPECT_FALSE(nearest_key(std::string(1 << 20, 'x')).empty());
}

}  // namespace
}  // namespace weir::config
