// SPDX-License-Identifier: Apache-2.0
#include "cli/pull_plan.h"

#include <gmock/gmock.h>

namespace weir::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<TreeFile> files() {
  return {{"b.bin", 20 << 20, {}, {}}, {"a.bin", 16 << 20, {}, {}}, {"c.json", 5, {}, {}}, {"d/e.json", 4, {}, {}}};
}

std::vector<std::string> paths(const std::vector<TreeFile>& listed) {
  std::vector<std::string> paths;
  for (const auto& file : listed) paths.push_back(file.path);
  return paths;
}

TEST(PullPlan, has_the_smallest_first) {
  auto plan = plan_pull(files(), {});
  ASSERT_TRUE(plan);
  EXPECT_THAT(paths(plan->small), ElementsAre("d/e.json", "c.json"));
  EXPECT_THAT(paths(plan->large), ElementsAre("a.bin", "b.bin"));
  EXPECT_EQ(plan->files(), 4U);
  EXPECT_EQ(plan->bytes(), (36U << 20) + 9);
}

TEST(PullPlan, has_what_was_chosen) {
  EXPECT_THAT(paths(plan_pull(files(), {{"*.json", "a*"}, {"d/"}, {}})->small), ElementsAre("c.json"));
  EXPECT_THAT(paths(plan_pull(files(), {{"*.json", "a*"}, {"d/"}, {}})->large), ElementsAre("a.bin"));
  EXPECT_THAT(paths(plan_pull(files(), {{}, {"*.bin", "c*"}, {}})->small), ElementsAre("d/e.json"));
  EXPECT_THAT(paths(plan_pull(files(), {{}, {}, {"c.json"}})->small), ElementsAre("c.json"));
}

TEST(PullPlan, says_what_is_not_there) {
  EXPECT_THAT(plan_pull(files(), {{}, {}, {"c.json", "x"}}).error().message, HasSubstr("no file 'x'"));
  EXPECT_THAT(plan_pull(files(), {{"*.gguf"}, {}, {}}).error().message, HasSubstr("--include"));
  EXPECT_EQ(plan_pull({}, {{"*.gguf"}, {}, {}})->files(), 0U);
}

TEST(PullPlan, knows_the_repository) {
  using hub::RepoType;
  EXPECT_EQ(parse_pulled_repo("o/n", "", ""), (hub::Pin{RepoType::model, "o/n", "main"}));
  EXPECT_EQ(parse_pulled_repo("datasets/o/n@v1", "dataset", ""), (hub::Pin{RepoType::dataset, "o/n", "v1"}));
  EXPECT_EQ(parse_pulled_repo("o/n", "spaces", "refs/pr/1"), (hub::Pin{RepoType::space, "o/n", "refs/pr/1"}));
  EXPECT_EQ(parse_pulled_repo("o/n@v1", "", "v1"), (hub::Pin{RepoType::model, "o/n", "v1"}));
  EXPECT_FALSE(parse_pulled_repo("datasets/o/n", "space", ""));
  EXPECT_FALSE(parse_pulled_repo("o/n", "thing", ""));
  EXPECT_FALSE(parse_pulled_repo("o/n@v1", "", "v2"));
  EXPECT_FALSE(parse_pulled_repo("../n", "", ""));
  for (const char* bad : {"..", ".", "a/../b", "/a", "a\nb"}) EXPECT_FALSE(parse_pulled_repo("o/n", "", bad)) << bad;
}

TEST(PullPlan, leaves_what_is_to_stay_free) {
  EXPECT_TRUE(leaves_free(100, 20, 30, 50));
  EXPECT_FALSE(leaves_free(100, 20, 31, 50));
  EXPECT_FALSE(leaves_free(49, 0, 0, 50));
  EXPECT_FALSE(leaves_free(100, 60, 0, 50));
  EXPECT_FALSE(leaves_free(100, 1, ~uint64_t{0}, 0));
}

}  // namespace
}  // namespace weir::cli
