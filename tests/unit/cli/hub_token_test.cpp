// SPDX-License-Identifier: Apache-2.0
#include "cli/hub_token.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::string found(const config::Environment& environment) {
  auto token = find_hub_token(environment);
  return token ? token->reveal() : "error";
}

TEST(HubToken, is_found_where_the_hub_s_tools_find_it) {
  TemporaryFolder folder;
  auto home = folder.path().string();
  config::Environment environment{{"HOME", home}};
  EXPECT_EQ(found(environment), "");
  write(folder.path() / ".cache/huggingface/token", "hf_one\n");
  EXPECT_EQ(found(environment), "hf_one");
  write(folder.path() / "xdg/huggingface/token", "hf_two\r\n");
  environment["XDG_CACHE_HOME"] = home + "/xdg";
  EXPECT_EQ(found(environment), "hf_two");
  write(folder.path() / "hf/token", " hf_three ");
  environment["HF_HOME"] = "~/hf";
  EXPECT_EQ(found(environment), "hf_three");
  write(folder.path() / "mine", "hf_four");
  environment["HF_TOKEN_PATH"] = home + "/mine";
  EXPECT_EQ(found(environment), "hf_four");
  environment["HF_TOKEN"] = "hf_five";
  EXPECT_EQ(found(environment), "hf_five");
}

TEST(HubToken, fits_into_a_field) {
  EXPECT_EQ(found({{"HF_TOKEN", "hf_a\r\nX: y"}}), "error");
  EXPECT_EQ(found({{"HF_TOKEN", "hf a"}}), "error");
}

}  // namespace
}  // namespace weir::cli
