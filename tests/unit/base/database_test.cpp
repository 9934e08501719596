// SPDX-License-Identifier: Apache-2.0
#include "base/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>

#include "base/files.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;

class DatabaseTest : public testing::Test {
 protected:
  Database open() {
    auto database = Database::open(path());
    if (!database) throw std::runtime_error(database.error().message);
    return std::move(*database);
  }
  std::filesystem::path path() const { return folder_ / "index.db"; }

  TemporaryFolder folder_;
};

TEST_F(DatabaseTest, is_its_users_alone) {
  auto database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE blobs(name TEXT)"));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path().string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(DatabaseTest, keeps_rows_for_the_next_opening) {
  {
    auto database = open();
    ASSERT_TRUE(database.execute("CREATE TABLE blobs(name TEXT, size INTEGER); PRAGMA user_version=3"));
    auto insert = database.prepare("INSERT INTO blobs VALUES(?, ?)").value();
    ASSERT_TRUE(insert.bind(1, "one").bind(2, 11).run());
    ASSERT_TRUE(insert.bind(1, "two").bind(2, std::numeric_limits<int64_t>::max()).run());
  }
  auto database = open();
  EXPECT_EQ(database.schema_version(), 3);
  auto select = database.prepare("SELECT name, size FROM blobs ORDER BY name").value();
  ASSERT_EQ(select.step(), true);
  EXPECT_EQ(select.text(0), "one");
  EXPECT_EQ(select.integer(1), 11);
  ASSERT_EQ(select.step(), true);
  EXPECT_EQ(select.integer(1), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(select.step(), false);
}

TEST_F(DatabaseTest, a_new_file_has_version_0) {
  EXPECT_EQ(open().schema_version(), 0);
}

TEST_F(DatabaseTest, text_and_bytes_come_back_as_they_are) {
  auto database = open();
  std::string bytes("a\0b\xff", 4);
  auto echo = database.prepare("SELECT ?1, ?2, typeof(?1), typeof(?2)").value();
  ASSERT_EQ(echo.bind(1, "it's \"quoted\"; DROP TABLE x").bind_blob(2, bytes).step(), true);
  EXPECT_EQ(echo.text(0), "it's \"quoted\"; DROP TABLE x");
  EXPECT_EQ(echo.blob(1), bytes);
  EXPECT_EQ(echo.text(2), "text");
  EXPECT_EQ(echo.text(3), "blob");
}

TEST_F(DatabaseTest, an_empty_value_is_empty_and_not_null) {
  auto database = open();
  auto echo = database.prepare("SELECT ?1, ?2, typeof(?1), typeof(?2)").value();
  ASSERT_EQ(echo.bind(1, std::string_view()).bind_blob(2, std::string_view()).step(), true);
  EXPECT_EQ(echo.text(2), "text");
  EXPECT_EQ(echo.text(3), "blob");
}

TEST_F(DatabaseTest, reset_forgets_what_was_bound) {
  auto database = open();
  auto echo = database.prepare("SELECT ?1 IS NULL").value();
  ASSERT_EQ(echo.bind(1, "kept?").step(), true);
  EXPECT_EQ(echo.integer(0), 0);
  echo.reset();
  ASSERT_EQ(echo.step(), true);
  EXPECT_EQ(echo.integer(0), 1);
}

TEST_F(DatabaseTest, a_broken_rule_is_an_error_and_the_statement_serves_again) {
  auto database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE names(name TEXT PRIMARY KEY)"));
  auto insert = database.prepare("INSERT INTO names VALUES(?)").value();
  ASSERT_TRUE(insert.bind(1, "a").run());
  auto again = insert.bind(1, "a").run();
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("UNIQUE"));
  EXPECT_TRUE(insert.bind(1, "b").run());
}

TEST_F(DatabaseTest, bad_sql_is_an_error) {
  auto database = open();
  EXPECT_THAT(database.prepare("SELECT FROM").error().message, HasSubstr("syntax"));
  EXPECT_FALSE(database.execute("NONSENSE"));
}

TEST_F(DatabaseTest, a_file_that_is_no_database_is_invalid_and_named) {
  ASSERT_TRUE(write_file_atomically(path(), std::string(4096, 'x'), 0600));
  auto database = Database::open(path());
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, ErrorCode::invalid);
  EXPECT_THAT(database.error().message, HasSubstr(path().string()));
}

TEST_F(DatabaseTest, a_folder_that_is_missing_is_named) {
  auto database = Database::open(folder_ / "missing" / "index.db");
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, ErrorCode::io);
  EXPECT_THAT(database.error().message, HasSubstr("missing/index.db"));
}

TEST_F(DatabaseTest, a_reader_sees_what_its_writer_has_committed_and_cannot_write) {
  auto writer = open();
  ASSERT_TRUE(writer.execute("CREATE TABLE numbers(n INTEGER); INSERT INTO numbers VALUES(1)"));
  auto reader = Database::open_read_only(path()).value();
  auto count = reader.prepare("SELECT count(*) FROM numbers").value();
  ASSERT_EQ(count.step(), true);
  EXPECT_EQ(count.integer(0), 1);
  count.reset();
  ASSERT_TRUE(writer.execute("BEGIN; INSERT INTO numbers VALUES(2)"));
  ASSERT_EQ(count.step(), true);
  EXPECT_EQ(count.integer(0), 1);
  count.reset();
  ASSERT_TRUE(writer.execute("COMMIT"));
  ASSERT_EQ(count.step(), true);
  EXPECT_EQ(count.integer(0), 2);
  EXPECT_FALSE(reader.execute("INSERT INTO numbers VALUES(3)"));
}

TEST_F(DatabaseTest, reading_makes_no_file) {
  EXPECT_FALSE(Database::open_read_only(path()));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

// The last statement closes the file then; LeakSanitizer and the files beside it would tell.
TEST_F(DatabaseTest, a_statement_may_outlive_its_database) {
  auto database = std::make_unique<Database>(open());
  ASSERT_TRUE(database->execute("CREATE TABLE blobs(name TEXT)"));
  ASSERT_TRUE(std::filesystem::exists(path().string() + "-wal"));
  auto version = std::make_unique<Statement>(database->prepare("PRAGMA user_version").value());
  database.reset();
  version.reset();
  EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal")) << "the database is closed";
}

}  // namespace
}  // namespace weir
