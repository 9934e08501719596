// SPDX-License-Identifier: Apache-2.0
// The disk of the other tests does what it says.
#include "tests/fakes/fault_disk.h"

#include "base/database.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using fakes::Fault;
using fakes::FaultDisk;
using fakes::Lasting;
using fakes::Loss;

class FaultDiskTest : public testing::Test {
 protected:
  FaultDiskTest() { std::filesystem::create_directory(root); }
  std::string left(size_t operations, Loss loss) {
    std::filesystem::remove_all(copy);
    std::filesystem::create_directory(copy);
    disk.reproduce(operations, loss, copy);
    return text_of(copy / "file");
  }

  TestFolder folder;
  std::filesystem::path root = folder.path() / "watched";
  std::filesystem::path copy = folder.path() / "copy";
  FaultDisk disk{root};
};

TEST_F(FaultDiskTest, fails_at_the_operation_that_was_named) {
  UniqueFd fd(::open((root / "file").c_str(), O_RDWR | O_CREAT, 0600));
  disk.fail_at(2, Fault::no_space, Lasting::once);
  EXPECT_EQ(::pwrite(fd.get(), "a", 1, 0), 1);
  EXPECT_EQ(::pwrite(fd.get(), "b", 1, 1), -1);
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_EQ(::pwrite(fd.get(), "b", 1, 1), 1);
  EXPECT_EQ(disk.struck(), "write file");
  EXPECT_TRUE(disk.heal());
  EXPECT_FALSE(disk.heal());
}

TEST_F(FaultDiskTest, halves_what_is_written_and_read) {
  UniqueFd fd(::open((root / "file").c_str(), O_RDWR | O_CREAT, 0600));
  disk.fail_at(1, Fault::short_count, Lasting::from_then_on);
  char buffer[4];
  EXPECT_EQ(::pwrite(fd.get(), "abcd", 4, 0), 2);
  EXPECT_EQ(::pread(fd.get(), buffer, 2, 0), 1);
}

TEST_F(FaultDiskTest, reaches_sqlite_and_leaves_all_else_alone) {
  disk.fail_at(1, Fault::io_error, Lasting::from_then_on);
  EXPECT_FALSE(Database::open(root / "index.db"));
  EXPECT_TRUE(Database::open(folder.path() / "index.db"));
  EXPECT_TRUE(disk.heal());
  EXPECT_TRUE(Database::open(root / "index.db"));
}

TEST_F(FaultDiskTest, loses_what_was_not_synced) {
  disk.record();
  UniqueFd fd(::open((root / "file").c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_EQ(::pwrite(fd.get(), "synced", 6, 0), 6);
  ASSERT_EQ(::fsync(fd.get()), 0);
  ASSERT_TRUE(sync_folder(root));
  ASSERT_EQ(::pwrite(fd.get(), "lost", 4, 6), 4);
  auto all = disk.journal().size();
  EXPECT_EQ(all, 5U);
  EXPECT_EQ(left(all, Loss::nothing), "syncedlost");
  EXPECT_EQ(left(all, Loss::all_unsynced), "synced");
  EXPECT_EQ(left(all, Loss::bytes_zeroed), std::string("synced\0\0\0\0", 10));
  EXPECT_EQ(left(all, Loss::bytes_cut), "synced");
  EXPECT_EQ(left(3, Loss::all_unsynced), "(no such file)") << "its name was not synced";
  EXPECT_EQ(left(3, Loss::bytes_cut), "synced");
  EXPECT_EQ(left(1, Loss::nothing), "");
}

TEST_F(FaultDiskTest, shows_the_stamps_of_before) {
  disk.record();
  UniqueFd fd(::open((root / "file").c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_EQ(::pwrite(fd.get(), "bytes", 5, 0), 5);
  auto before = stamp_of(fd.get(), root);
  left(disk.journal().size(), Loss::bytes_zeroed);
  auto after = open_existing(copy / "file", Access::read_write);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->stamp, *before);
  ASSERT_EQ(::pwrite(after->fd.get(), "other", 5, 0), 5);
  // The file system's clock moves in ticks.
  while (*stamp_of(after->fd.get(), copy) == *before) ASSERT_EQ(::pwrite(after->fd.get(), "other", 5, 0), 5);
}

}  // namespace
}  // namespace weir::cas
