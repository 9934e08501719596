// SPDX-License-Identifier: Apache-2.0
#include "config/locations.h"

#include <gtest/gtest.h>

#include <fstream>

namespace weir::config {
namespace {

TEST(LocationsTest, follow_the_xdg_specification) {
  struct {
    Environment environment;
    Locations expected;
  } const cases[] = {{{{"HOME", "/home/u"}}, {"/home/u", "/home/u/.local/share/weir", "/home/u/.config/weir"}},
                     {{{"HOME", "/home/u"}, {"XDG_DATA_HOME", "/data"}, {"XDG_CONFIG_HOME", "/etc/u"}},
                      {"/home/u", "/data/weir", "/etc/u/weir"}},
                     {{{"HOME", "/home/u"}, {"XDG_DATA_HOME", "data"}, {"XDG_CONFIG_HOME", ""}},
                      {"/home/u", "/home/u/.local/share/weir", "/home/u/.config/weir"}}};
  for (const auto& each : cases) EXPECT_EQ(locations_of(each.environment), each.expected);
}

TEST(LocationsTest, need_a_home) {
  EXPECT_EQ(locations_of({}).error().code, ErrorCode::invalid);
  EXPECT_EQ(locations_of({{"HOME", "u"}}).error().code, ErrorCode::invalid);
}

TEST(LocationsTest, find_the_named_file_before_the_users_own) {
  std::filesystem::path folder(testing::TempDir() + "weir-locations");
  std::filesystem::create_directories(folder / "weir");
  Environment environment{{"HOME", "/nowhere"}, {"XDG_CONFIG_HOME", folder.string()}};
  auto locations = *locations_of(environment);
  std::filesystem::remove(folder / "weir/weir.toml");
  EXPECT_NE(find_config_file(environment, locations), folder / "weir/weir.toml");
  std::ofstream(folder / "weir/weir.toml") << "";
  EXPECT_EQ(find_config_file(environment, locations), folder / "weir/weir.toml");
  environment["WEIR_CONFIG"] = "/elsewhere.toml";
  EXPECT_EQ(find_config_file(environment, locations), "/elsewhere.toml");
  std::filesystem::remove_all(folder);
}

TEST(ResolvePathTest, knows_home_and_folder) {
  EXPECT_EQ(resolve_path("~", "/f", "/home/u"), "/home/u");
  EXPECT_EQ(resolve_path("~/x", "/f", "/home/u"), "/home/u/x");
  EXPECT_EQ(resolve_path("~x", "/f", "/home/u"), "/f/~x");
  EXPECT_EQ(resolve_path("x/../y", "/f", "/home/u"), "/f/y");
  EXPECT_EQ(resolve_path("/abs", "/f", "/home/u"), "/abs");
}

}  // namespace
}  // namespace weir::config
