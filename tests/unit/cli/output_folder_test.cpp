// SPDX-License-Identifier: Apache-2.0
#include "cli/output_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/files.h"
#include "cli/disk_room.h"
#include "hub/regular_file.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

TreeFile large(const std::string& path, const std::string& bytes) {
  return {path, bytes.size(), sha256(bytes), std::nullopt};
}

TreeFile regular(const std::string& path, const std::string& bytes) {
  auto hasher = hub::git_blob_hasher(bytes.size());
  hasher.update(bytes);
  return {path, bytes.size(), std::nullopt, hasher.finish()};
}

class OutputFolderTest : public testing::Test {
 protected:
  size_t entries() const {
    size_t count = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder_.path()))
      count += each.is_regular_file();
    return count;
  }
  std::string bytes_of(const std::string& path) const { return read_file(folder_.path() / path)->value_or("absent"); }

  TemporaryFolder folder_;
  StopSwitch stop_ = *StopSwitch::make();
  OutputFolder output_{folder_.path(), stop_};
};

TEST_F(OutputFolderTest, has_whole_files_or_none) {
  for (const auto& file : {large("a/b.bin", "hello"), regular("c.txt", "hello")}) {
    {
      auto made = output_.begin(file);
      ASSERT_TRUE(made && made->write("hel"));
      EXPECT_EQ(made->commit().error().code, ErrorCode::digest_mismatch);
    }
    EXPECT_EQ(entries(), 0U);
  }
  auto file = regular("c.txt", "hello");
  auto made = output_.begin(file);
  ASSERT_TRUE(made && made->write("hel") && made->write("lo") && made->commit());
  EXPECT_EQ(bytes_of("c.txt"), "hello");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(OutputFolderTest, knows_right_files) {
  folder_.write("a.bin", "hello");
  EXPECT_TRUE(*output_.holds(large("a.bin", "hello")));
  EXPECT_TRUE(*output_.holds(regular("a.bin", "hello")));
  EXPECT_FALSE(*output_.holds(large("a.bin", "jello")));
  EXPECT_FALSE(*output_.holds(large("a.bin", "hello!")));
  EXPECT_FALSE(*output_.holds(large("b.bin", "hello")));
  std::filesystem::create_symlink("a.bin", folder_.path() / "link");
  EXPECT_FALSE(*output_.holds(large("link", "hello"))) << "a link is replaced by a file";
}

TEST_F(OutputFolderTest, copies_or_shares_blocks) {
  std::string bytes(3'000'000, 'x');
  UniqueFd source(::open(folder_.write("source", bytes).c_str(), O_RDONLY));
  auto file = large("deep/er/copy", bytes);
  ASSERT_TRUE(output_.copy(file, source.get()));
  EXPECT_EQ(bytes_of("deep/er/copy"), bytes);
  struct stat status {};
  ::stat((folder_.path() / "deep/er/copy").c_str(), &status);
  EXPECT_EQ(status.st_nlink, 1U);
  stop_.pull();
  EXPECT_EQ(output_.holds(file).error().code, ErrorCode::cancelled);
}

TEST_F(OutputFolderTest, a_folder_in_the_way_is_an_error) {
  folder_.write("a/b", "x");
  auto file = regular("a", "hello");
  auto made = output_.begin(file);
  ASSERT_TRUE(made && made->write("hello"));
  EXPECT_FALSE(made->commit());
  EXPECT_FALSE(output_.begin(regular("a/b/c", "")));
}

TEST_F(OutputFolderTest, room_is_promised_once) {
  DiskRoom nobody_asked(folder_.path(), 0);
  EXPECT_TRUE(nobody_asked.promise(~uint64_t{0} / 2));
  EXPECT_TRUE(nobody_asked.check());
  DiskRoom too_much(folder_.path(), uint64_t{1} << 60);
  EXPECT_EQ(too_much.check().error().code, ErrorCode::no_space);
  EXPECT_EQ(too_much.promise(1).error().code, ErrorCode::no_space);

  auto free = std::filesystem::space(folder_.path()).available;
  DiskRoom half(folder_.path(), free / 2);
  auto first = half.promise(free / 3);
  ASSERT_TRUE(first);
  EXPECT_FALSE(half.promise(free / 3));
  first->took(free / 3);
  EXPECT_TRUE(half.promise(free / 3));
}

}  // namespace
}  // namespace weir::cli
