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

}  // namespace
}  // namespace weir::hub
