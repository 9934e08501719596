// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/unique_fd.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;

class FilesTest : public testing::Test {
 protected:
  static mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
  size_t names_in_folder() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  TemporaryFolder folder_;
};

TEST_F(FilesTest, reads_regular_files_alone_and_never_waits) {
  ASSERT_TRUE(write_file_atomically(folder_ / "file", "text", 0644));
  std::filesystem::create_symlink(folder_ / "file", folder_ / "link");
  std::filesystem::create_symlink(folder_ / "absent", folder_ / "dangling");
  std::filesystem::create_directory(folder_ / "folder");
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_regular_file(folder_ / "file", Links::refuse).value(), "text");
  EXPECT_EQ(read_regular_file(folder_ / "link", Links::follow).value(), "text");
  EXPECT_EQ(read_regular_file(folder_ / "dangling", Links::follow).value(), std::nullopt);
  EXPECT_EQ(read_regular_file(folder_ / "absent", Links::refuse).value(), std::nullopt);
  EXPECT_EQ(read_regular_file(folder_ / "file", Links::refuse, 3).error().code, ErrorCode::invalid);
  for (const auto* name : {"link", "dangling", "folder", "pipe"}) {
    EXPECT_EQ(read_regular_file(folder_ / name, Links::refuse).error().code, ErrorCode::invalid) << name;
    EXPECT_TRUE(is_foreign(folder_ / name)) << name;
  }
  for (const auto* name : {"folder", "pipe"})
    EXPECT_EQ(read_regular_file(folder_ / name, Links::follow).error().code, ErrorCode::invalid) << name;
  EXPECT_FALSE(is_foreign(folder_ / "file") || is_foreign(folder_ / "absent"));
}

TEST_F(FilesTest, sets_aside_over_whatever_was_set_aside_before) {
  EXPECT_TRUE(set_aside(folder_ / "name"));
  std::filesystem::create_directories(folder_ / "name" / "within");
  ASSERT_TRUE(set_aside(folder_ / "name"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "name.set-aside" / "within"));
  ASSERT_TRUE(write_file_atomically(folder_ / "name", "text", 0644));
  ASSERT_TRUE(set_aside(folder_ / "name"));
  EXPECT_EQ(read_file(folder_ / "name.set-aside").value(), "text");
  EXPECT_EQ(names_in_folder(), 1U);
}

TEST_F(FilesTest, reads_what_was_written) {
  std::string bytes("line\n\0\xff", 7);
  ASSERT_TRUE(write_file_atomically(folder_ / "file", bytes, 0644));
  EXPECT_EQ(read_file(folder_ / "file").value(), bytes);
  EXPECT_EQ(names_in_folder(), 1U) << "no temporary file stays";
}

TEST_F(FilesTest, an_absent_file_is_no_error) {
  auto absent = read_file(folder_ / "absent");
  ASSERT_TRUE(absent);
  EXPECT_EQ(*absent, std::nullopt);
}

TEST_F(FilesTest, an_empty_file_is_not_absent) {
  ASSERT_TRUE(write_file_atomically(folder_ / "empty", "", 0644));
  EXPECT_EQ(read_file(folder_ / "empty").value(), "");
}

TEST_F(FilesTest, an_unreadable_file_is_an_error_that_names_it) {
  auto folder = read_file(folder_.path());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::io);
  EXPECT_THAT(folder.error().message, HasSubstr(folder_.path().string()));
}

TEST_F(FilesTest, the_limit_is_the_largest_size_that_is_read) {
  ASSERT_TRUE(write_file_atomically(folder_ / "file", std::string(20000, 'x'), 0644));
  EXPECT_EQ(read_file(folder_ / "file", 20000).value()->size(), 20000U);
  auto larger = read_file(folder_ / "file", 19999);
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, ErrorCode::invalid);
}

TEST_F(FilesTest, the_mode_is_the_one_asked_for_whatever_the_umask) {
  mode_t before = ::umask(0);
  ASSERT_TRUE(write_file_atomically(folder_ / "open-umask", "secret", 0600));
  ::umask(0077);
  ASSERT_TRUE(write_file_atomically(folder_ / "closed-umask", "public", 0644));
  ::umask(before);
  EXPECT_EQ(mode_of(folder_ / "open-umask"), 0600U);
  EXPECT_EQ(mode_of(folder_ / "closed-umask"), 0644U);
}

TEST_F(FilesTest, replaces_and_does_not_write_through) {
  ASSERT_TRUE(write_file_atomically(folder_ / "file", "old bytes", 0644));
  UniqueFd old(::open((folder_ / "file").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(write_file_atomically(folder_ / "file", "new", 0600));
  EXPECT_EQ(read_file(folder_ / "file").value(), "new");
  EXPECT_EQ(mode_of(folder_ / "file"), 0600U);
  char buffer[32];
  EXPECT_EQ(::read(old.get(), buffer, sizeof buffer), 9) << "a reader of the old file keeps the old bytes";
}

TEST_F(FilesTest, a_symlink_at_the_target_is_replaced_and_not_followed) {
  ASSERT_TRUE(write_file_atomically(folder_ / "elsewhere", "untouched", 0644));
  std::filesystem::create_symlink(folder_ / "elsewhere", folder_ / "file");
  ASSERT_TRUE(write_file_atomically(folder_ / "file", "new", 0644));
  EXPECT_EQ(read_file(folder_ / "elsewhere").value(), "untouched");
  EXPECT_FALSE(std::filesystem::is_symlink(folder_ / "file"));
}

TEST_F(FilesTest, a_failed_write_leaves_no_temporary_file) {
  std::filesystem::create_directory(folder_ / "taken");
  auto result = write_file_atomically(folder_ / "taken", "bytes", 0644);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("taken"));
  EXPECT_EQ(names_in_folder(), 1U);
}

TEST_F(FilesTest, a_missing_folder_is_an_error) {
  EXPECT_FALSE(write_file_atomically(folder_ / "missing" / "file", "bytes", 0644));
}

TEST_F(FilesTest, makes_a_folder_and_its_parents_with_the_mode) {
  auto deep = folder_ / "a" / "b" / "c";
  ASSERT_TRUE(make_folder(deep, 0700));
  for (const auto& made : {folder_ / "a", folder_ / "a" / "b", deep}) EXPECT_EQ(mode_of(made), 0700U) << made;
  EXPECT_TRUE(make_folder(deep, 0755)) << "one that is there is fine";
  EXPECT_EQ(mode_of(deep), 0700U) << "and keeps its mode";
}

TEST_F(FilesTest, makes_a_folder_with_a_slash_at_its_end) {
  ASSERT_TRUE(make_folder((folder_ / "a" / "b").string() + "/", 0700));
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "a" / "b"));
}

TEST_F(FilesTest, threads_may_make_the_same_folder) {
  std::vector<std::thread> threads;
  std::vector<int> made(8);
  for (size_t i = 0; i < made.size(); ++i)
    threads.emplace_back([&, i] { made[i] = make_folder(folder_ / "x" / "y" / "z", 0700).has_value(); });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(made, testing::Each(1));
}

TEST_F(FilesTest, a_file_in_the_way_of_a_folder_is_named) {
  ASSERT_TRUE(write_file_atomically(folder_ / "file", "", 0644));
  for (const auto& path : {folder_ / "file", folder_ / "file" / "below"}) {
    auto result = make_folder(path, 0700);
    ASSERT_FALSE(result) << path;
    EXPECT_THAT(result.error().message, HasSubstr((folder_ / "file").string()));
  }
}

TEST_F(FilesTest, syncing_a_missing_folder_is_an_error) {
  EXPECT_TRUE(sync_folder(folder_.path()));
  EXPECT_FALSE(sync_folder(folder_ / "missing"));
}

TEST_F(FilesTest, writes_all_over_short_writes) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reading(ends[0]);
  std::string bytes(1 << 20, 'x');  // more than a pipe holds
  std::thread writer([fd = UniqueFd(ends[1]), &bytes] { EXPECT_TRUE(write_all(fd.get(), bytes, "writing")); });
  std::string seen;
  char buffer[4096];
  for (ssize_t got; (got = ::read(reading.get(), buffer, sizeof buffer)) > 0;)
    seen.append(buffer, static_cast<size_t>(got));
  writer.join();
  EXPECT_EQ(seen, bytes);
}

TEST_F(FilesTest, writes_at_an_offset) {
  UniqueFd fd(::open((folder_ / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(pwrite_all(fd.get(), "0123456789", 0, "writing"));
  ASSERT_TRUE(pwrite_all(fd.get(), "abc", 4, "writing"));
  EXPECT_EQ(read_file(folder_ / "file").value(), "0123abc789");
}

TEST_F(FilesTest, a_full_disk_says_so) {
  UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  auto result = write_all(full.get(), "bytes", "writing the blob");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::no_space);
  EXPECT_THAT(result.error().message, HasSubstr("writing the blob"));
}

}  // namespace
}  // namespace weir
