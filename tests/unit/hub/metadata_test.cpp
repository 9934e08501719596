// SPDX-License-Identifier: Apache-2.0
#include "hub/metadata.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace weir::hub {
namespace {

const WallTime kNow{std::chrono::seconds(1'795'000'000)};
const RepoName kRepo{RepoType::dataset, "org/set"};
const CommitFile kFile{kRepo, std::string(40, 'a'), "data/a b.parquet"};

FileHead head() {
  FileHead each;
  each.digest = sha256("x");
  each.size = 1;
  each.fields = {{"ETag", "\"x\""}, {"Link", "<a>; rel=\"b\""}};
  return each;
}

AnswerName name(const Asker& audience) {
  return {audience, "GET", "huggingface.co", "/api/datasets/org/set", "", {}};
}

Answer answer(std::string body) {
  return {kRepo, {{"Content-Type", "application/json"}}, std::move(body), kNow};
}

class MetadataTest : public testing::Test {
 protected:
  MetadataTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "metadata-XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    reopen();
  }
  ~MetadataTest() override {
    metadata_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path file() const { return folder_ / "metadata.db"; }
  void reopen(const MetadataOptions& options = {}) {
    metadata_.reset();
    ledger_ = std::make_unique<AccessLedger>(AccessOptions{});
    auto opened = Metadata::open(file(), options, *ledger_);
    ASSERT_TRUE(opened) << opened.error().message;
    metadata_ = std::move(*opened);
  }

  std::filesystem::path folder_;
  std::unique_ptr<AccessLedger> ledger_;
  std::unique_ptr<Metadata> metadata_;
};

TEST_F(MetadataTest, what_is_learnt_is_known_at_once_and_after_a_restart) {
  metadata_->learn_file(kFile, head());
  metadata_->learn_revision(kRepo, "main", {kFile.commit, kNow});
  metadata_->learn_answer(name({}), answer("{\"a\":1}"));
  ASSERT_TRUE(metadata_->peek_file(kFile));
  ASSERT_TRUE(metadata_->peek_revision(kRepo, "main"));
  ASSERT_TRUE(metadata_->peek_answer(name({})));
  reopen();
  EXPECT_FALSE(metadata_->peek_file(kFile)) << "memory is filled by use";
  ASSERT_TRUE(metadata_->find_file(kFile));
  EXPECT_EQ(*metadata_->find_file(kFile), head());
  EXPECT_TRUE(metadata_->peek_file(kFile));
  EXPECT_EQ(metadata_->find_revision(kRepo, "main"), (Revision{kFile.commit, kNow}));
  ASSERT_TRUE(metadata_->find_answer(name({})));
  EXPECT_EQ(*metadata_->find_answer(name({})), answer("{\"a\":1}"));
}

TEST_F(MetadataTest, nothing_is_known_of_what_was_not_learnt) {
  metadata_->learn_file(kFile, head());
  auto other_commit = kFile;
  other_commit.commit = std::string(40, 'b');
  auto other_type = kFile;
  other_type.repo.type = RepoType::model;
  EXPECT_FALSE(metadata_->find_file(other_commit));
  EXPECT_FALSE(metadata_->find_file(other_type));
  EXPECT_EQ(metadata_->find_revision(kRepo, "main"), std::nullopt);
  EXPECT_FALSE(metadata_->find_answer(name({})));
}

TEST_F(MetadataTest, an_answer_is_its_audiences_alone) {
  Asker somebody{sha256("somebody")};
  metadata_->learn_answer(name(somebody), answer("private"));
  EXPECT_FALSE(metadata_->find_answer(name({})));
  EXPECT_FALSE(metadata_->find_answer(name(Asker{sha256("another")})));
  EXPECT_TRUE(metadata_->find_answer(name(somebody)));
}

TEST_F(MetadataTest, an_answer_depends_on_the_whole_request) {
  metadata_->learn_answer(name({}), answer("one"));
  for (auto change : {0, 1, 2, 3, 4}) {
    auto other = name({});
    if (change == 0) other.method = "POST";
    if (change == 1) other.host = "hf.co";
    if (change == 2) other.target += "?expand=true";
    if (change == 3) other.variant = "text/html";
    if (change == 4) other.body = sha256("paths=a");
    EXPECT_FALSE(metadata_->find_answer(other)) << change;
  }
}

TEST_F(MetadataTest, too_large_an_answer_is_not_kept) {
  MetadataOptions options;
  options.max_answer = 3;
  reopen(options);
  metadata_->learn_answer(name({}), answer("1234"));
  EXPECT_FALSE(metadata_->find_answer(name({})));
  metadata_->learn_answer(name({}), answer("123"));
  EXPECT_TRUE(metadata_->find_answer(name({})));
}

TEST_F(MetadataTest, what_is_forgotten_is_gone_from_memory_and_disk) {
  auto learn_all = [this] {
    metadata_->learn_file(kFile, head());
    metadata_->learn_file({kRepo, kFile.commit, "other"}, head());
    metadata_->learn_revision(kRepo, "main", {kFile.commit, kNow});
    metadata_->learn_answer(name({}), answer("{}"));
  };
  learn_all();
  metadata_->forget({kRepo, {kFile}, ForgottenRepo::Extent::files});
  EXPECT_FALSE(metadata_->find_file(kFile));
  EXPECT_TRUE(metadata_->find_file({kRepo, kFile.commit, "other"}));
  EXPECT_TRUE(metadata_->find_revision(kRepo, "main") && metadata_->find_answer(name({})));
  metadata_->forget({{RepoType::model, kRepo.repo}, {}, ForgottenRepo::Extent::all});
  EXPECT_TRUE(metadata_->find_answer(name({})));
  metadata_->forget({kRepo, {}, ForgottenRepo::Extent::all});
  EXPECT_FALSE(metadata_->find_file({kRepo, kFile.commit, "other"}));
  EXPECT_FALSE(metadata_->find_revision(kRepo, "main") || metadata_->find_answer(name({})));
  learn_all();
  metadata_->flush();
  reopen();
  EXPECT_TRUE(metadata_->find_file(kFile) && metadata_->find_answer(name({})));
}

TEST_F(MetadataTest, above_the_limit_the_oldest_go_at_the_next_start) {
  auto other = kFile;
  other.path = "newer";
  metadata_->learn_file(kFile, head());
  metadata_->learn_file(other, head());
  MetadataOptions options;
  options.max_files = 1;
  reopen(options);
  EXPECT_FALSE(metadata_->find_file(kFile));
  EXPECT_TRUE(metadata_->find_file(other));
}

TEST_F(MetadataTest, permissions_outlive_a_restart_and_so_does_their_end) {
  Asker somebody{sha256("somebody")};
  ledger_->permit(somebody, kRepo, Right::all_files, {MonotonicTime(), kNow});
  metadata_->save_access();
  reopen();
  EXPECT_TRUE(ledger_->holds_offline(somebody, kRepo, Right::all_files, kNow));
  ledger_->withdraw(somebody, kRepo, Right::all_files);
  metadata_->save_access();
  reopen();
  EXPECT_FALSE(ledger_->holds_offline(somebody, kRepo, Right::all_files, kNow));
  EXPECT_TRUE(ledger_->holds_offline(somebody, kRepo, Right::regular_files, kNow));
}

TEST_F(MetadataTest, a_damaged_file_is_set_aside) {
  metadata_.reset();
  std::ofstream(file()) << "this is no database, but it is long enough to be taken for one if nobody looks";
  reopen();
  EXPECT_FALSE(metadata_->find_file(kFile));
  EXPECT_TRUE(std::filesystem::exists(file().string() + ".set-aside"));
}

TEST_F(MetadataTest, the_file_holds_hashes_in_place_of_secrets) {
  AskerHasher hasher{Secret("key")};
  auto asker = hasher.of({{"Authorization", "Bearer hf_very_secret"}});
  ledger_->permit(asker, kRepo, Right::all_files, {MonotonicTime(), kNow});
  metadata_->save_access();
  auto asked = name(asker);
  asked.target += "?token=hf_very_secret";
  metadata_->learn_answer(asked, answer("{}"));
  reopen();
  EXPECT_TRUE(metadata_->find_answer(asked));
  asked.target += "&limit=1";
  EXPECT_FALSE(metadata_->find_answer(asked));
  metadata_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(bytes.find("hf_very_secret"), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace weir::hub
