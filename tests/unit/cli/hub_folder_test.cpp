// SPDX-License-Identifier: Apache-2.0
#include "cli/hub_folder.h"

#include <gtest/gtest.h>

#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

using hub::RepoName;
using hub::RepoType;

const std::string kCommit(40, 'c');
const std::string kGitId(40, 'd');
const std::string kRepo = "models--org--name/";

TEST(HubFolderTest, a_folder_names_its_repository) {
  EXPECT_EQ(repo_of_folder("models--org--name"), (RepoName{RepoType::model, "org/name"}));
  EXPECT_EQ(repo_of_folder("models--gpt2"), (RepoName{RepoType::model, "gpt2"}));
  EXPECT_EQ(repo_of_folder("datasets--org--na.me_1-x"), (RepoName{RepoType::dataset, "org/na.me_1-x"}));
  EXPECT_EQ(repo_of_folder("spaces--org--name"), (RepoName{RepoType::space, "org/name"}));
  for (const auto* odd : {"", "models", "models--", "models--org--", "models----name", "models--a--b--c", ".locks",
                          "other--org--name", "models--org--na me", "models--org--..", "models--org--name@main"})
    EXPECT_EQ(repo_of_folder(odd), std::nullopt) << odd;
}

TEST(HubFolderTest, is_where_the_hubs_own_tools_look_for_it) {
  config::Environment environment{{"HOME", "/home/ann"}};
  EXPECT_EQ(default_hub_folder(environment), "/home/ann/.cache/huggingface/hub");
  environment["XDG_CACHE_HOME"] = "/caches";
  EXPECT_EQ(default_hub_folder(environment), "/caches/huggingface/hub");
  environment["HF_HOME"] = "/hf";
  EXPECT_EQ(default_hub_folder(environment), "/hf/hub");
  environment["HF_HUB_CACHE"] = "/data/hub";
  EXPECT_EQ(default_hub_folder(environment), "/data/hub");
}

TEST(HubFolderTest, the_name_of_a_blob_says_what_it_is) {
  TemporaryFolder folder;
  auto large = sha256("large").hex();
  folder.write(kRepo + "blobs/" + large, "large");
  folder.write(kRepo + "blobs/" + kGitId, "small");
  folder.write(kRepo + "refs/refs/pr/1", kCommit);
  auto own = folder.write(kRepo + "snapshots/" + kCommit + "/own.bin", "own");
  auto link = [&](const std::string& name, const std::string& target) {
    auto path = folder.path() / (kRepo + "snapshots/" + kCommit + "/" + name);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::create_symlink(target, path);
  };
  link("deep/large.bin", "../../../blobs/" + large);
  link("small.txt", (folder.path() / (kRepo + "blobs/" + kGitId)).string());
  link("away.bin", "../../../../" + large);
  link("folder", "../../blobs");

  auto found = read_hub_folder(folder.path().string() + "/");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->files.size(), 3u);
  EXPECT_EQ(found->skipped, 2u);
  for (const auto& file : found->files) {
    bool is_large = file.name.path == "deep/large.bin";
    bool is_small = file.name.path == "small.txt";
    EXPECT_EQ(file.name.revision, kCommit);
    EXPECT_EQ(file.name.repo, "org/name");
    EXPECT_EQ(file.digest, is_large ? Sha256::from_hex(large) : std::nullopt);
    EXPECT_EQ(file.git_id, is_small ? Sha1::from_hex(kGitId) : std::nullopt);
    EXPECT_EQ(file.size, is_large || is_small ? 5u : 3u);
    EXPECT_EQ(file.bytes == own, !is_large && !is_small);
  }
  ASSERT_EQ(found->revisions.size(), 1u);
  EXPECT_EQ(found->revisions[0], (hub::NamedRevision{RepoType::model, "org/name", "refs/pr/1", kCommit}));
}

TEST(HubFolderTest, a_folder_without_repositories_is_the_wrong_one) {
  TemporaryFolder folder;
  EXPECT_EQ(read_hub_folder(folder.path()).error().code, ErrorCode::invalid);
  EXPECT_FALSE(read_hub_folder(folder.path() / "none"));
}

}  // namespace
}  // namespace weir::cli
