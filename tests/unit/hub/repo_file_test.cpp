// SPDX-License-Identifier: Apache-2.0
#include "hub/repo_file.h"

#include <gtest/gtest.h>

#include <set>

namespace weir::hub {
namespace {

TEST(RepoFileTest, types_and_their_words_are_one_to_one) {
  for (auto type : {RepoType::model, RepoType::dataset, RepoType::space, RepoType::kernel})
    EXPECT_EQ(repo_type_of(plural_of(type)), type);
  for (auto word : {"", "model", "Models", "buckets"}) EXPECT_EQ(repo_type_of(word), std::nullopt) << word;
}

TEST(RepoFileTest, each_file_has_a_key_of_its_own) {
  std::set<std::string> keys;
  const RepoFile files[] = {
      {RepoType::model, "a/b", "main", "c"},   {RepoType::dataset, "a/b", "main", "c"},
      {RepoType::model, "a", "b/main", "c"},   {RepoType::model, "a/b", "main/c", "d"},
      {RepoType::model, "a/b", "main", "c/d"}, {RepoType::model, "a/b", "other", "c"},
  };
  for (const auto& file : files) EXPECT_TRUE(keys.insert(file.key()).second) << file.key();
  EXPECT_EQ(files[0].key(), "models\na/b\nmain\nc");
}

TEST(RepoFileTest, each_file_has_its_place_on_the_hub) {
  EXPECT_EQ(resolve_path({RepoType::model, "gpt2", "main", "a b.bin"}), "/gpt2/resolve/main/a%20b.bin");
  EXPECT_EQ(resolve_path({RepoType::dataset, "a/b", "refs/pr/1", "c/d"}), "/datasets/a/b/resolve/refs%2Fpr%2F1/c/d");
}

}  // namespace
}  // namespace weir::hub
