// SPDX-License-Identifier: Apache-2.0
#include "cas/disk.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

class DiskTest : public testing::Test {
 protected:
  Found found(const std::filesystem::path& name, Access access) {
    auto file = open_existing(name, access);
    EXPECT_TRUE(file) << file.error().message;
    return file ? file->found : Found::absent;
  }

  // Who may open everything becomes somebody who may not.
  template <typename Deed>
  auto as_nobody(Deed deed) {
    constexpr uid_t kNobody = 65534;
    bool is_root = ::geteuid() == 0;
    EXPECT_EQ(is_root ? ::seteuid(kNobody) : 0, 0);
    auto done = deed();
    EXPECT_EQ(is_root ? ::seteuid(0) : 0, 0);
    return done;
  }

  TestFolder folder;
  std::filesystem::path path = folder.path() / "file";
};

TEST_F(DiskTest, opens_plain_files_only) {
  write_text(folder.path() / "plain", "text");
  write_text(folder.path() / "first-name", "text");
  std::filesystem::create_hard_link(folder.path() / "first-name", folder.path() / "second-name");
  std::filesystem::create_symlink(folder.path() / "plain", folder.path() / "link");
  std::filesystem::create_symlink(folder.path() / "nowhere", folder.path() / "dangling");
  std::filesystem::create_directory(folder.path() / "folder");
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  for (auto access : {Access::read, Access::read_write}) {
    EXPECT_EQ(found(folder.path() / "plain", access), Found::plain);
    EXPECT_EQ(found(folder.path() / "nothing", access), Found::absent);
    EXPECT_EQ(found(folder.path() / "plain" / "below", access), Found::absent);
    for (auto name : {"first-name", "second-name", "link", "dangling", "folder", "pipe"})
      EXPECT_EQ(found(folder.path() / name, access), Found::foreign) << name;
  }
}

TEST_F(DiskTest, takes_what_it_may_not_open_for_foreign) {
  write_text(path, "text");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  auto file = as_nobody([&] { return open_existing(path, Access::read); });
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->found, Found::foreign);
  EXPECT_EQ(file->stamp.size, 4U) << "it takes room all the same";
}

TEST_F(DiskTest, takes_a_folder_that_may_not_be_searched_for_trouble) {
  auto inner = folder.path() / "inner";
  ASSERT_TRUE(make_own_folder(inner));
  write_text(inner / "file", "text");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(inner.c_str(), 0), 0);
  auto file = as_nobody([&] { return open_existing(inner / "file", Access::read); });
  ASSERT_EQ(::chmod(inner.c_str(), 0700), 0);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::io);
}

TEST_F(DiskTest, stamps_tell_a_change_that_keeps_size_and_mtime) {
  write_text(path, "text");
  auto before = open_existing(path, Access::read);
  ASSERT_TRUE(before);
  // The clock of a file system moves in ticks of some milliseconds: go on until it has.
  FileStamp after = before->stamp;
  while (after.ctime_ns == before->stamp.ctime_ns) {
    damage_keeping_size_and_mtime(path);
    auto again = open_existing(path, Access::read);
    ASSERT_TRUE(again);
    after = again->stamp;
  }
  EXPECT_EQ(after.size, before->stamp.size);
  EXPECT_EQ(after.mtime_ns, before->stamp.mtime_ns);
  EXPECT_NE(after, before->stamp);
}

TEST_F(DiskTest, creates_no_file_over_another) {
  ASSERT_TRUE(create_new(path));
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_FALSE(create_new(path));
  std::filesystem::create_symlink(folder.path() / "nowhere", folder.path() / "link");
  EXPECT_FALSE(create_new(folder.path() / "link"));
  EXPECT_FALSE(is_there(folder.path() / "nowhere"));
}

TEST_F(DiskTest, moves_over_nothing_unless_told) {
  write_text(path, "old");
  write_text(folder.path() / "new", "new");
  auto moved = move_unless_exists(folder.path() / "new", path);
  ASSERT_TRUE(moved);
  EXPECT_FALSE(*moved);
  EXPECT_EQ(text_of(path), "old");
  ASSERT_TRUE(move_over(folder.path() / "new", path));
  EXPECT_EQ(text_of(path), "new");
  EXPECT_FALSE(move_unless_exists(folder.path() / "new", folder.path() / "other")) << "nothing to move";
}

TEST_F(DiskTest, removes_a_name_once_and_again) {
  write_text(path, "text");
  EXPECT_TRUE(remove_name(path));
  EXPECT_TRUE(remove_name(path));
  EXPECT_FALSE(is_there(path));
}

TEST_F(DiskTest, hashes_a_range) {
  write_text(path, "0123456789");
  auto file = open_existing(path, Access::read);
  ASSERT_TRUE(file);
  Sha256Hasher hasher;
  ASSERT_TRUE(hash_range(file->fd.get(), 2, 5, hasher));
  EXPECT_EQ(hasher.finish(), sha256("234"));
  ASSERT_TRUE(hash_range(file->fd.get(), 5, 5, hasher));
  EXPECT_EQ(hasher.finish(), sha256(""));
  EXPECT_FALSE(hash_range(file->fd.get(), 5, 11, hasher)) << "beyond the end";
}

TEST_F(DiskTest, hashing_can_be_stopped) {
  write_text(path, "text");
  auto file = open_existing(path, Access::read);
  ASSERT_TRUE(file);
  Sha256Hasher hasher;
  auto hashed = hash_range(file->fd.get(), 0, 4, hasher, [](size_t) { return false; });
  ASSERT_FALSE(hashed);
  EXPECT_EQ(hashed.error().code, ErrorCode::cancelled);
}

TEST_F(DiskTest, finds_where_bytes_differ) {
  using Ranges = std::vector<ByteRange>;
  std::string bytes(20'000, 'a');
  write_text(path, bytes);
  auto file = open_existing(path, Access::read);
  ASSERT_TRUE(file);
  auto differences_of = [&](uint64_t offset, std::string_view wanted) {
    auto found = differences(file->fd.get(), offset, wanted);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : Ranges{};
  };
  EXPECT_EQ(differences_of(0, bytes), Ranges{});
  EXPECT_EQ(differences_of(7, ""), Ranges{});
  EXPECT_EQ(differences_of(10, "axaaxa"), (Ranges{{11, 15}})) << "they are close together";
  auto wanted = bytes;
  wanted[0] = wanted[9'000] = wanted[19'999] = 'x';
  EXPECT_EQ(differences_of(0, wanted), (Ranges{{0, 1}, {9'000, 9'001}, {19'999, 20'000}}));
  EXPECT_EQ(differences_of(100, std::string(15'000, 'x')), (Ranges{{100, 15'100}}));
  EXPECT_FALSE(differences(file->fd.get(), 19'999, "aa")) << "beyond the end";
}

TEST_F(DiskTest, reads_up_to_a_length) {
  write_text(path, "text");
  auto file = open_existing(path, Access::read);
  ASSERT_TRUE(file);
  EXPECT_EQ(read_up_to(file->fd.get(), 0, path), "");
  EXPECT_EQ(read_up_to(file->fd.get(), 3, path), "tex");
  EXPECT_EQ(read_up_to(file->fd.get(), 9, path), "text");
  EXPECT_FALSE(read_up_to(-1, 1, path));
}

TEST_F(DiskTest, knows_a_plain_file) {
  EXPECT_FALSE(is_plain_file(path));
  write_text(path, "");
  EXPECT_TRUE(is_plain_file(path));
  EXPECT_FALSE(is_plain_file(folder.path()));
  std::filesystem::create_symlink(path, folder.path() / "link");
  EXPECT_FALSE(is_plain_file(folder.path() / "link"));
}

TEST_F(DiskTest, sets_the_time) {
  write_text(path, "text");
  auto file = open_existing(path, Access::read);
  ASSERT_TRUE(file && set_mtime(file->fd.get(), WallTime(std::chrono::seconds(1'000'000)), path));
  auto stamp = stamp_of(file->fd.get(), path);
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->mtime_ns, 1'000'000'000'000'000);
}

}  // namespace
}  // namespace weir::cas
