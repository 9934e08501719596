// SPDX-License-Identifier: Apache-2.0
#include "cas/hashed_file.h"

#include <unistd.h>

#include "cas/disk.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

class HashedFileTest : public testing::Test {
 protected:
  // A file that a former run left.
  void leave(std::string_view text) {
    write_text(path, text);
    auto file = open_existing(path, Access::read_write);
    ASSERT_TRUE(file);
    fd = std::move(file->fd);
  }

  // At another time, whatever the clock's steps are.
  void change_behind_its_back(std::string_view text) {
    ASSERT_EQ(::pwrite(fd.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    changed_at_ += std::chrono::hours(1);
    ASSERT_TRUE(set_mtime(fd.get(), changed_at_, path));
  }

  TestFolder folder;
  WallTime changed_at_ = wall_now();
  std::filesystem::path path = folder.path() / "file";
  UniqueFd fd;
};

TEST_F(HashedFileTest, hashes_what_is_appended) {
  leave("");
  HashedFile file(fd.get(), 0);
  ASSERT_TRUE(file.append("abc") && file.append("") && file.append("def"));
  EXPECT_EQ(file.held(), 6U);
  EXPECT_EQ(file.hashed(), 6U);
  EXPECT_EQ(text_of(path), "abcdef");
  EXPECT_EQ(file.finish(), sha256("abcdef"));
}

TEST_F(HashedFileTest, catches_up_in_steps_while_it_grows) {
  leave("0123456789");
  HashedFile file(fd.get(), 10);
  EXPECT_EQ(file.hashed(), 0U);
  EXPECT_EQ(file.catch_up(4), 6U);
  EXPECT_EQ(file.hashed(), 4U);
  ASSERT_TRUE(file.append("abc"));
  EXPECT_EQ(file.hashed(), 4U) << "there is a gap before what was appended";
  EXPECT_EQ(file.catch_up(100), 0U);
  ASSERT_TRUE(file.append("d"));
  EXPECT_EQ(file.hashed(), 14U);
  EXPECT_EQ(file.finish(), sha256("0123456789abcd"));
}

TEST_F(HashedFileTest, catches_up_with_what_was_written_ahead) {
  leave("");
  HashedFile file(fd.get(), 0);
  ASSERT_TRUE(file.write_ahead(3, "def"));
  EXPECT_EQ(file.held(), 0U);
  ASSERT_TRUE(file.append("abc"));
  file.extend(6);
  EXPECT_EQ(file.hashed(), 3U);
  ASSERT_TRUE(file.append("ghi"));
  EXPECT_EQ(file.catch_up(4), 2U);
  EXPECT_EQ(file.finish(), sha256("abcdefghi"));
}

TEST_F(HashedFileTest, finishes_what_lags) {
  leave("0123456789");
  HashedFile file(fd.get(), 10);
  ASSERT_TRUE(file.append("abc"));
  EXPECT_EQ(file.finish(), sha256("0123456789abc"));
}

// A file that was cut behind our back gives an error, and after it has come back the right digest.
TEST_F(HashedFileTest, starts_over_after_a_failed_read) {
  leave("0123456789");
  HashedFile file(fd.get(), 10);
  ASSERT_EQ(file.catch_up(5), 5U);
  ASSERT_EQ(::ftruncate(fd.get(), 7), 0);
  EXPECT_FALSE(file.catch_up(100));
  EXPECT_EQ(file.hashed(), 0U);
  ASSERT_TRUE(pwrite_all(fd.get(), "789", 7, "test"));
  EXPECT_EQ(file.finish(), sha256("0123456789"));
}

TEST_F(HashedFileTest, holds_nothing_of_a_failed_write) {
  leave("0123");
  auto read_only = open_existing(path, Access::read);
  ASSERT_TRUE(read_only);
  HashedFile file(read_only->fd.get(), 4);
  EXPECT_FALSE(file.append("abc"));
  EXPECT_EQ(file.held(), 4U);
}

TEST_F(HashedFileTest, begins_anew_when_hashed_bytes_change) {
  leave("");
  HashedFile file(fd.get(), 0);
  ASSERT_TRUE(file.append("abcdef"));
  ASSERT_EQ(file.catch_up(100), 0U);
  ASSERT_TRUE(file.overwrite(2, "CD"));
  EXPECT_EQ(file.held(), 6U);
  EXPECT_EQ(file.hashed(), 0U);
  ASSERT_EQ(file.catch_up(3), 3U);
  ASSERT_TRUE(file.overwrite(3, "d"));
  EXPECT_EQ(file.hashed(), 3U) << "it was not hashed yet";
  EXPECT_EQ(file.finish(), sha256("abCdef"));
}

TEST_F(HashedFileTest, begins_anew_when_hashed_bytes_go) {
  leave("");
  HashedFile file(fd.get(), 0);
  ASSERT_TRUE(file.append("abcdef"));
  file.cut(6);
  EXPECT_EQ(file.hashed(), 6U);
  file.cut(4);
  EXPECT_EQ(file.held(), 4U);
  EXPECT_EQ(file.hashed(), 0U);
  ASSERT_TRUE(file.append("EF"));
  EXPECT_EQ(file.finish(), sha256("abcdEF"));
  file.hash_anew();
  EXPECT_EQ(file.finish(), sha256("abcdEF"));
}

// Not only what was appended is hashed then, but what is there.
TEST_F(HashedFileTest, begins_anew_when_somebody_else_has_written) {
  leave("");
  HashedFile file(fd.get(), 0);
  ASSERT_TRUE(file.append("abcdef"));
  change_behind_its_back("abXdef");
  ASSERT_TRUE(file.append("gh"));
  EXPECT_EQ(file.hashed(), 0U);
  EXPECT_EQ(file.finish(), sha256("abXdefgh"));
}

TEST_F(HashedFileTest, sees_at_the_end_that_somebody_else_has_written) {
  leave("abc");
  HashedFile file(fd.get(), 3);
  ASSERT_TRUE(file.catch_up(100));
  change_behind_its_back("abX");
  EXPECT_EQ(file.finish(), sha256("abX"));
  EXPECT_TRUE(same_bytes(file.stamp(), *stamp_of(fd.get(), path)));
  change_behind_its_back("aXX");
  EXPECT_FALSE(same_bytes(file.stamp(), *stamp_of(fd.get(), path)));
}

TEST_F(HashedFileTest, is_right_over_many_write_back_steps) {
  leave("");
  HashedFile file(fd.get(), 0);
  std::string block(3 << 20, 'w');
  Sha256Hasher expected;
  for (int i = 0; i < 7; ++i) {
    ASSERT_TRUE(file.append(block));
    expected.update(block);
  }
  EXPECT_EQ(file.finish(), expected.finish());
}

}  // namespace
}  // namespace weir::cas
