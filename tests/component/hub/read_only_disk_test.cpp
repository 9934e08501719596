// SPDX-License-Identifier: Apache-2.0
// What is known of the hub, opened on a disk that takes no change: it is known, and what is learnt is kept again once
// the disk takes changes.
#include <gtest/gtest.h>

#include "base/files.h"
#include "hub/asker.h"
#include "hub/catalog.h"
#include "hub/metadata.h"
#include "tests/fakes/fault_disk.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir::hub {
namespace {

using fakes::Fault;
using fakes::FaultDisk;
using fakes::Lasting;

const std::string kCommit(40, 'c');

class ReadOnlyHubDiskTest : public testing::Test {
 protected:
  void take_no_change() { disk_.fail_at(1, Fault::read_only, Lasting::from_then_on); }
  void damage(const std::filesystem::path& path) {
    ASSERT_TRUE(write_file_atomically(path, std::string(4096, 'x'), 0600));
  }

  std::unique_ptr<Catalog> open_catalog() {
    auto opened = Catalog::open(catalog_);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  static NamedObject object(int number) {
    auto text = std::to_string(number);
    return {{"cdn.hf.co", "/" + text}, {sha256(text), 1}};
  }
  static bool knows(const Catalog& catalog, int number) {
    return catalog.find_object(object(number).name) == object(number).blob;
  }

  std::unique_ptr<Metadata> open_metadata() {
    auto opened = Metadata::open(metadata_, MetadataOptions{}, ledger_);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  static CommitFile file(int number) { return {{RepoType::model, "org/name"}, kCommit, std::to_string(number)}; }
  static FileHead head(int number) {
    FileHead head;
    head.digest = sha256(std::to_string(number));
    return head;
  }
  static bool knows(Metadata& metadata, int number) {
    auto found = metadata.find_file(file(number));
    return found && *found == head(number);
  }

  TemporaryFolder folder_;
  std::filesystem::path catalog_ = folder_ / "catalog.db";
  std::filesystem::path metadata_ = folder_ / "metadata.db";
  AccessLedger ledger_{AccessOptions{}};
  FaultDisk disk_{folder_.path()};
};

TEST_F(ReadOnlyHubDiskTest, the_catalog_is_known_and_learns_again) {
  open_catalog()->learn(object(1));
  take_no_change();
  auto catalog = open_catalog();
  EXPECT_TRUE(knows(*catalog, 1));
  catalog->learn(object(2));
  catalog->flush();
  EXPECT_TRUE(knows(*catalog, 2));
  disk_.heal();
  catalog->learn(object(3));
  catalog.reset();
  catalog = open_catalog();
  EXPECT_TRUE(knows(*catalog, 1));
  EXPECT_TRUE(knows(*catalog, 3));
}

TEST_F(ReadOnlyHubDiskTest, a_damaged_catalog_says_nothing_and_is_begun_anew_later) {
  damage(catalog_);
  take_no_change();
  auto catalog = open_catalog();
  EXPECT_FALSE(knows(*catalog, 1));
  EXPECT_FALSE(std::filesystem::exists(catalog_.string() + ".set-aside"));
  disk_.heal();
  catalog->learn(object(1));
  catalog.reset();
  EXPECT_TRUE(std::filesystem::exists(catalog_.string() + ".set-aside"));
  EXPECT_TRUE(knows(*open_catalog(), 1));
}

// Who wrote there would take it for kept.
TEST_F(ReadOnlyHubDiskTest, nothing_is_written_to_what_is_in_memory) {
  take_no_change();
  auto catalog = CatalogDatabase::open(catalog_, CatalogLimits{});
  ASSERT_TRUE(catalog && catalog->is_in_memory());
  EXPECT_EQ(catalog->write({object(1)}).error().code, ErrorCode::read_only);
  auto metadata = MetadataDatabase::open(metadata_, MetadataOptions{});
  ASSERT_TRUE(metadata && metadata->is_in_memory());
  EXPECT_EQ(metadata->write({LearntFile{file(1), head(1)}}).error().code, ErrorCode::read_only);
}

TEST_F(ReadOnlyHubDiskTest, the_metadata_is_known_and_learns_again) {
  open_metadata()->learn_file(file(1), head(1));
  take_no_change();
  auto metadata = open_metadata();
  EXPECT_TRUE(knows(*metadata, 1));
  metadata->learn_file(file(2), head(2));
  metadata->flush();
  EXPECT_TRUE(knows(*metadata, 2));
  disk_.heal();
  metadata->learn_file(file(3), head(3));
  metadata->flush();
  EXPECT_FALSE(knows(*metadata, 4)) << "looked for by the new reader";
  metadata = open_metadata();
  EXPECT_TRUE(knows(*metadata, 1));
  EXPECT_TRUE(knows(*metadata, 3));
}

TEST_F(ReadOnlyHubDiskTest, damaged_metadata_says_nothing_and_is_begun_anew_later) {
  damage(metadata_);
  take_no_change();
  auto metadata = open_metadata();
  EXPECT_FALSE(knows(*metadata, 1));
  disk_.heal();
  metadata->learn_file(file(1), head(1));
  metadata.reset();
  EXPECT_TRUE(std::filesystem::exists(metadata_.string() + ".set-aside"));
  EXPECT_TRUE(knows(*open_metadata(), 1));
}

// Who asked under another key is nobody any more.
TEST_F(ReadOnlyHubDiskTest, does_with_a_key_for_askers_of_its_own) {
  take_no_change();
  auto hasher = AskerHasher::open(folder_ / "asker.key");
  ASSERT_TRUE(hasher) << hasher.error().message;
  http::Fields somebody{{"Authorization", "Bearer hf_somebody"}};
  EXPECT_EQ(hasher->of(somebody), hasher->of(somebody));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "asker.key"));
}

}  // namespace
}  // namespace weir::hub
