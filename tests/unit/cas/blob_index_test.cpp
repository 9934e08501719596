// SPDX-License-Identifier: Apache-2.0
#include "cas/blob_index.h"

#include <gmock/gmock.h>

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BlobIndexTest : public testing::Test {
 protected:
  BlobIndex open() {
    auto index = BlobIndex::open(path);
    if (!index) ADD_FAILURE() << index.error().message;
    return std::move(*index);
  }
  // Writes one row and closes the index well.
  void fill() {
    auto index = open();
    ASSERT_TRUE(index.write({{digest, entry}}) && index.mark_closed());
  }

  TestFolder folder;
  std::filesystem::path path = folder.path() / "index.db";
  Sha256 digest = sha256("a");
  Entry entry{{uint64_t{1} << 40, -5, 123'456'789'012'345'678, ~uint64_t{0}},
              WallTime(std::chrono::seconds(1'700'000'000)),
              Verification::verified};
};

TEST_F(BlobIndexTest, is_private) {
  (void)open();
  EXPECT_EQ(mode_of(path), 0600U);
}

TEST_F(BlobIndexTest, keeps_rows) {
  auto other = sha256("b");
  Entry unverified{{1, 2, 3, 4}, WallTime(std::chrono::seconds(5)), Verification::unverified};
  ASSERT_TRUE(open().write({{digest, unverified}, {other, unverified}, {sha256("c"), entry}}));
  ASSERT_TRUE(open().write({{digest, entry}, {sha256("c"), std::nullopt}, {sha256("never there"), std::nullopt}}));
  EXPECT_THAT(open().take_rows(), testing::UnorderedElementsAre(EntryRow{digest, entry}, EntryRow{other, unverified}));
}

TEST_F(BlobIndexTest, knows_whether_it_was_closed) {
  EXPECT_FALSE(open().was_closed()) << "a new one";
  ASSERT_TRUE(open().mark_closed());
  EXPECT_TRUE(open().was_closed());
  EXPECT_FALSE(open().was_closed()) << "opened since, and never closed";
}

struct Damage {
  const char* name;
  void (*apply)(const std::filesystem::path&);
};

class DamagedIndexTest : public BlobIndexTest, public testing::WithParamInterface<Damage> {};

void execute(const std::filesystem::path& path, const std::string& sql) {
  auto database = Database::open(path);
  ASSERT_TRUE(database && database->execute(sql));
}

TEST_P(DamagedIndexTest, is_set_aside_and_made_anew) {
  fill();
  GetParam().apply(path);
  {
    auto index = open();
    EXPECT_FALSE(index.was_closed());
    EXPECT_THAT(index.take_rows(), IsEmpty());
    EXPECT_TRUE(is_there(folder.path() / "index.db.damaged-1"));
    ASSERT_TRUE(index.write({{digest, entry}}));
  }
  EXPECT_THAT(open().take_rows(), ElementsAre(EntryRow{digest, entry}));
  GetParam().apply(path);
  (void)open();
  EXPECT_TRUE(is_there(folder.path() / "index.db.damaged-2"));
}

INSTANTIATE_TEST_SUITE_P(
    , DamagedIndexTest,
    testing::Values(
        Damage{"no_database", [](const std::filesystem::path& path) { write_text(path, std::string(8192, '?')); }},
        Damage{"truncated", [](const std::filesystem::path& path) { std::filesystem::resize_file(path, 5000); }},
        Damage{"newer", [](const std::filesystem::path& path) { execute(path, "PRAGMA user_version = 3"); }},
        Damage{"other_tables", [](const std::filesystem::path& path) { execute(path, "DROP TABLE blobs"); }},
        Damage{"no_version", [](const std::filesystem::path& path) { execute(path, "PRAGMA user_version = 0"); }},
        Damage{"short_digest",
               [](const std::filesystem::path& path) {
                 execute(path, "INSERT INTO blobs VALUES (x'00',0,0,0,0,0,1,1,1)");
               }},
        Damage{"a_link",
               [](const std::filesystem::path& path) {
                 std::filesystem::rename(path, path.parent_path() / "elsewhere");
                 std::filesystem::create_symlink(path.parent_path() / "elsewhere", path);
               }}),
    [](const auto& damage) { return damage.param.name; });

// What uses times have said is taken over as an order.
TEST_F(BlobIndexTest, numbers_the_rows_of_version_1) {
  auto first = sha256("used first");
  auto last = sha256("used last");
  execute(path,
          "CREATE TABLE blobs (digest BLOB PRIMARY KEY NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
          " ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, last_use INTEGER NOT NULL, verified INTEGER NOT NULL)"
          " WITHOUT ROWID;"
          "CREATE TABLE state (closed INTEGER NOT NULL); INSERT INTO state VALUES (1);"
          "INSERT INTO blobs VALUES (x'" +
              first.hex() +
              "', 1, 20, 3, 4, 100, 1);"
              "INSERT INTO blobs VALUES (x'" +
              last.hex() +
              "', 1, 10, 3, 4, 200, 1);"
              "PRAGMA user_version = 1");
  for (int start = 0; start < 2; ++start) {
    auto index = open();
    EXPECT_EQ(index.was_closed(), start == 0);
    for (auto& [name, row] : index.take_rows()) {
      EXPECT_EQ(row.verification, Verification::verified);
      EXPECT_EQ(row.used, name == first ? 1U : 2U);
      EXPECT_EQ(row.stored, name == first ? 2U : 1U);
    }
  }
  EXPECT_FALSE(is_there(folder.path() / "index.db.damaged-1"));
}

// SQLite takes a log beside the database for the database's own.
TEST_F(BlobIndexTest, does_not_play_a_log_that_is_left_into_the_new_one) {
  std::filesystem::create_symlink(folder.path() / "nowhere", path);
  write_text(folder.path() / "index.db-wal", "its log");
  EXPECT_THAT(open().take_rows(), IsEmpty());
  EXPECT_EQ(text_of(folder.path() / "index.db.damaged-1-wal"), "its log");
  EXPECT_FALSE(is_there(folder.path() / "nowhere"));
}

TEST_F(BlobIndexTest, takes_no_link_and_no_pipe_for_its_log) {
  for (const auto* name : {"index.db-wal", "index.db-shm"}) {
    fill();
    std::filesystem::create_symlink(folder.path() / "nowhere", folder.path() / name);
    EXPECT_THAT(open().take_rows(), IsEmpty()) << name;
    fill();
    std::filesystem::remove(folder.path() / name);
    ASSERT_EQ(::mkfifo((folder.path() / name).c_str(), 0600), 0);
    EXPECT_THAT(open().take_rows(), IsEmpty()) << name;
  }
  EXPECT_FALSE(is_there(folder.path() / "nowhere"));
  EXPECT_TRUE(is_there(folder.path() / "index.db.damaged-4"));
}

}  // namespace
}  // namespace weir::cas
