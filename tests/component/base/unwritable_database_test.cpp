// SPDX-License-Identifier: Apache-2.0
// Databases on a disk that takes no change, and on one that is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/database.h"
#include "base/files.h"
#include "tests/fakes/fault_disk.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir {
namespace {

using fakes::Fault;
using fakes::FaultDisk;
using fakes::Lasting;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kSuffixes[] = {"", "-wal", "-shm"};

class UnwritableDatabaseTest : public testing::Test {
 protected:
  // One row in the file, and nothing beside it.
  void make_closed() {
    auto database = Database::open(path_);
    ASSERT_TRUE(database && database->execute("CREATE TABLE numbers(n INTEGER); INSERT INTO numbers VALUES(1)"));
  }
  // Two rows, the second of them in the log alone; `left` is what a crash, or who copied it, left of the three files.
  void make_crashed(const std::vector<std::string>& left) {
    auto elsewhere = folder_ / "elsewhere.db";
    auto database = Database::open(elsewhere);
    ASSERT_TRUE(database && database->execute("CREATE TABLE numbers(n INTEGER); INSERT INTO numbers VALUES(1);"
                                              "PRAGMA wal_checkpoint; INSERT INTO numbers VALUES(2)"));
    for (const auto& suffix : left) std::filesystem::copy_file(elsewhere.string() + suffix, path_.string() + suffix);
  }
  static std::vector<int64_t> numbers_in(Database& database) {
    std::vector<int64_t> numbers;
    auto select = database.prepare("SELECT n FROM numbers ORDER BY n");
    while (select && select->step() == true) numbers.push_back(select->integer(0));
    return numbers;
  }
  // The bytes of what stands there.
  std::vector<std::string> files() const {
    std::vector<std::string> bytes;
    for (auto suffix : kSuffixes) bytes.push_back(read_file(path_.string() + suffix).value().value_or("(none)"));
    return bytes;
  }
  void take_no_change() { disk_.fail_at(1, Fault::read_only, Lasting::from_then_on); }

  TemporaryFolder folder_;
  std::filesystem::path watched_ = [this] {
    std::filesystem::create_directory(folder_ / "a?b#c%d");
    return folder_ / "a?b#c%d";
  }();
  std::filesystem::path path_ = watched_ / "index.db";
  FaultDisk disk_{watched_};
};

TEST_F(UnwritableDatabaseTest, is_a_copy_in_memory_until_it_is_opened_anew) {
  make_closed();
  auto before = files();
  take_no_change();
  auto copy = Database::open(path_);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_TRUE(copy->is_in_memory());
  EXPECT_THAT(numbers_in(*copy), ElementsAre(1));
  EXPECT_TRUE(copy->execute("INSERT INTO numbers VALUES(7)"));
  EXPECT_THAT(numbers_in(*copy), ElementsAre(1, 7));
  disk_.heal();
  EXPECT_EQ(files(), before);
  auto database = Database::open(path_);
  ASSERT_TRUE(database);
  EXPECT_FALSE(database->is_in_memory());
  EXPECT_TRUE(database->execute("INSERT INTO numbers VALUES(2)"));
  EXPECT_THAT(numbers_in(*database), ElementsAre(1, 2));
}

TEST_F(UnwritableDatabaseTest, has_what_a_crash_left_in_the_log) {
  for (const auto& left : std::vector<std::vector<std::string>>{{"", "-wal", "-shm"}, {"", "-wal"}}) {
    make_crashed(left);
    auto before = files();
    take_no_change();
    auto copy = Database::open(path_);
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_THAT(numbers_in(*copy), ElementsAre(1, 2)) << left.size();
    auto reader = Database::open_read_only(path_);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_THAT(numbers_in(*reader), ElementsAre(1, 2)) << left.size();
    reader = fail(ErrorCode::cancelled, "closed");
    disk_.heal();
    EXPECT_EQ(files(), before);
    for (const auto& suffix : left) std::filesystem::remove(path_.string() + suffix);
    std::filesystem::remove(folder_ / "elsewhere.db");
  }
}

TEST_F(UnwritableDatabaseTest, is_empty_where_there_is_no_file) {
  take_no_change();
  auto copy = Database::open(path_);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(copy->schema_version(), 0);
  EXPECT_FALSE(Database::open_read_only(path_));
  EXPECT_TRUE(std::filesystem::is_empty(watched_));
}

TEST_F(UnwritableDatabaseTest, is_nothing_when_it_is_no_database) {
  std::string text(4096, 'x');
  ASSERT_TRUE(write_file_atomically(path_, text, 0600));
  take_no_change();
  auto damaged = Database::open(path_);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::invalid);
  disk_.heal();
  std::filesystem::remove(path_);
  make_closed();
  std::filesystem::rename(path_, watched_ / "elsewhere");
  std::filesystem::create_symlink(watched_ / "elsewhere", path_);
  take_no_change();
  auto link = Database::open(path_);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, ErrorCode::invalid);
}

TEST_F(UnwritableDatabaseTest, is_read_while_nothing_can_be_made_beside_it) {
  for (auto fault : {Fault::no_space, Fault::read_only}) {
    make_closed();
    disk_.fail_at(1, fault, Lasting::from_then_on);
    auto reader = Database::open_read_only(path_);
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_THAT(numbers_in(*reader), ElementsAre(1));
    EXPECT_FALSE(reader->execute("INSERT INTO numbers VALUES(2)"));
    EXPECT_TRUE(disk_.heal());
    reader = fail(ErrorCode::cancelled, "closed");
    std::filesystem::remove(path_);
  }
}

TEST_F(UnwritableDatabaseTest, is_read_from_a_full_disk_after_a_crash) {
  make_crashed({"", "-wal"});
  auto log = files()[1];
  disk_.fail_at(1, Fault::no_space, Lasting::from_then_on);
  auto reader = Database::open_read_only(path_);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_THAT(numbers_in(*reader), ElementsAre(1, 2));
  reader = fail(ErrorCode::cancelled, "closed");
  EXPECT_TRUE(disk_.heal());
  EXPECT_EQ(files()[1], log);
}

// What its writer has in the log must be seen, so nobody reads beside it without locks.
TEST_F(UnwritableDatabaseTest, is_read_beside_its_writer_on_a_full_disk) {
  auto writer = Database::open(path_);
  ASSERT_TRUE(writer && writer->execute("CREATE TABLE numbers(n INTEGER)"));
  disk_.fail_at(1, Fault::no_space, Lasting::from_then_on);
  auto reader = Database::open_read_only(path_);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_THAT(numbers_in(*reader), IsEmpty());
  disk_.heal();
  ASSERT_TRUE(writer->execute("INSERT INTO numbers VALUES(1)"));
  EXPECT_THAT(numbers_in(*reader), ElementsAre(1));
}

}  // namespace
}  // namespace weir
