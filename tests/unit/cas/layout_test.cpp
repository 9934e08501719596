// SPDX-License-Identifier: Apache-2.0
#include "cas/layout.h"

#include <gmock/gmock.h>

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using testing::HasSubstr;

class LayoutTest : public testing::Test {
 protected:
  Result<void> make() {
    TRY(make_root(layout));
    return prepare(layout);
  }

  TestFolder folder;
  Layout layout{folder.path() / "a" / "store"};
};

TEST_F(LayoutTest, names_files_by_digest_only) {
  auto digest = sha256("");
  std::string hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  EXPECT_EQ(layout.object(digest), layout.root() / "objects" / "e3" / "b0" / hex);
  EXPECT_EQ(layout.partial(digest), layout.root() / "partial" / hex);
  EXPECT_EQ(layout.partial_map(digest), layout.root() / "partial" / (hex + ".map"));
  EXPECT_NE(layout.new_temporary(), layout.new_temporary());
}

TEST_F(LayoutTest, makes_private_folders_and_a_version) {
  ASSERT_TRUE(make());
  EXPECT_EQ(text_of(layout.version()), "weir-store 1\n");
  for (auto& made : {layout.root(), layout.objects(), layout.partials(), layout.quarantine(), layout.temporary()})
    EXPECT_EQ(mode_of(made), 0700U) << made;
  EXPECT_TRUE(make()) << "a second time";
}

TEST_F(LayoutTest, makes_an_empty_folder_private_and_leaves_a_shared_one) {
  std::filesystem::create_directories(layout.root());
  ASSERT_EQ(::chmod(layout.root().c_str(), 0755), 0);
  ASSERT_TRUE(make_root(layout));
  EXPECT_EQ(mode_of(layout.root()), 0700U);

  Layout shared(folder.path() / "shared");
  std::filesystem::create_directories(shared.root() / "photographs");
  ASSERT_EQ(::chmod(shared.root().c_str(), 0755), 0);
  ASSERT_TRUE(make_root(shared));
  EXPECT_EQ(mode_of(shared.root()), 0755U);
}

TEST_F(LayoutTest, refuses_an_empty_path) {
  auto made = make_root(Layout(""));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::invalid);
}

class VersionTest : public LayoutTest, public testing::WithParamInterface<const char*> {};

TEST_P(VersionTest, is_refused_when_unknown) {
  ASSERT_TRUE(make());
  write_text(layout.version(), GetParam());
  auto again = make();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::unsupported);
  EXPECT_THAT(again.error().message, HasSubstr("weir-store 1"));
  EXPECT_EQ(text_of(layout.version()), GetParam()) << "it is left as it was";
}

INSTANTIATE_TEST_SUITE_P(, VersionTest,
                         testing::Values("weir-store 2\n", "weir-store 1", "weir-store 11\n", "",
                                         "weir-store 1\nmore\n"));

TEST_F(LayoutTest, takes_a_regular_file_alone_for_the_version) {
  ASSERT_TRUE(make());
  auto elsewhere = folder.path() / "elsewhere";
  std::filesystem::rename(layout.version(), elsewhere);
  auto refuse = [&](const char* what) {
    auto again = make();
    ASSERT_FALSE(again) << what;
    EXPECT_EQ(again.error().code, ErrorCode::unsupported) << what;
    EXPECT_THAT(again.error().message, HasSubstr("put a file there with the line weir-store 1")) << what;
    std::filesystem::remove(layout.version());
  };
  std::filesystem::create_symlink(elsewhere, layout.version());
  refuse("link");
  std::filesystem::create_directory(layout.version());
  refuse("folder");
  ASSERT_EQ(::mkfifo(layout.version().c_str(), 0600), 0);
  refuse("pipe");
  std::filesystem::rename(elsewhere, layout.version());
  EXPECT_TRUE(make());
}

TEST_F(LayoutTest, does_not_guess_the_version_of_objects_without_one) {
  ASSERT_TRUE(make());
  std::filesystem::remove(layout.version());
  auto again = make();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::invalid);
}

TEST_F(LayoutTest, empties_tmp) {
  ASSERT_TRUE(make());
  write_text(layout.temporary() / "leftover", "half");
  write_text(folder.path() / "elsewhere", "precious");
  std::filesystem::create_symlink(folder.path() / "elsewhere", layout.temporary() / "link");
  ASSERT_TRUE(make());
  EXPECT_EQ(files_in(layout.temporary()), 0U);
  EXPECT_EQ(text_of(folder.path() / "elsewhere"), "precious");
}

TEST_F(LayoutTest, takes_no_link_for_a_folder) {
  ASSERT_TRUE(make());
  auto digest = sha256("x");
  ASSERT_TRUE(make_object_folders(layout, digest));
  EXPECT_FALSE(is_behind_link(layout, digest));

  auto outer = layout.object(digest).parent_path().parent_path();
  std::filesystem::rename(outer, folder.path() / "moved");
  std::filesystem::create_directory_symlink(folder.path() / "moved", outer);
  EXPECT_TRUE(is_behind_link(layout, digest));
  EXPECT_TRUE(make_object_folders(layout, digest));
  EXPECT_FALSE(is_behind_link(layout, digest));
  EXPECT_TRUE(is_there(folder.path() / "moved" / layout.object(digest).parent_path().filename()));
}

}  // namespace
}  // namespace weir::cas
