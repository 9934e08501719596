// SPDX-License-Identifier: Apache-2.0
#include "cas/map_file.h"

#include "cas/map_format.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

class MapFileTest : public testing::Test {
 protected:
  MapFileTest() {
    auto made = make_root(layout);
    if (made) made = prepare(layout);
    EXPECT_TRUE(made) << made.error().message;
  }
  std::optional<Runs> on_disk() { return decode_map(text_of(path)); }

  TestFolder folder;
  Layout layout{folder.path() / "store"};
  Sha256 digest = sha256("x");
  std::filesystem::path path = layout.partial_map(digest);
  Runs runs{{0, 5}, {10, 20}};
  MapFile map{layout, digest};
};

TEST_F(MapFileTest, that_is_not_there) {
  auto opened = map.open();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->found, Found::absent);
  EXPECT_FALSE(map.exists());
  EXPECT_FALSE(map.is_due(kMapSaveBytes)) << "a file that grows at its end needs no map";
  EXPECT_FALSE(map.is_behind());
  EXPECT_TRUE(map.remove());
}

TEST_F(MapFileTest, is_read_again) {
  ASSERT_TRUE(map.establish(runs));
  EXPECT_TRUE(map.exists());
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(files_in(layout.temporary()), 0U);
  MapFile again(layout, digest);
  auto opened = again.open();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->found, Found::plain);
  EXPECT_EQ(opened->runs, runs);
  EXPECT_TRUE(again.exists());
}

TEST_F(MapFileTest, is_saved_when_enough_is_new) {
  ASSERT_TRUE(map.establish({}));
  EXPECT_FALSE(map.is_behind());
  EXPECT_FALSE(map.is_due(0)) << "nothing is new";
  EXPECT_TRUE(map.is_due(kMapSaveBytes));
  EXPECT_TRUE(map.is_behind());
  ASSERT_TRUE(map.save(runs));
  EXPECT_FALSE(map.is_behind());
  EXPECT_EQ(on_disk(), runs);
  EXPECT_TRUE(map.is_due(kMapSaveBytes)) << "and again";
}

TEST_F(MapFileTest, that_is_damaged_exists_and_says_nothing) {
  write_text(path, encode_map(runs) + "x");
  auto opened = map.open();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->found, Found::plain);
  EXPECT_EQ(opened->runs, std::nullopt);
  EXPECT_TRUE(map.exists());
}

TEST_F(MapFileTest, follows_no_link) {
  write_text(folder.path() / "precious", encode_map(runs));
  std::filesystem::create_symlink(folder.path() / "precious", path);
  auto opened = map.open();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->found, Found::foreign);
  EXPECT_EQ(opened->runs, std::nullopt);
  ASSERT_TRUE(map.establish({}));
  EXPECT_EQ(text_of(folder.path() / "precious"), encode_map(runs));
}

TEST_F(MapFileTest, stays_as_it_was_when_it_cannot_be_saved) {
  ASSERT_TRUE(map.establish(runs));
  EXPECT_TRUE(map.is_due(kMapSaveBytes));
  std::filesystem::remove(layout.temporary());
  EXPECT_FALSE(map.save({{0, 100}}));
  EXPECT_TRUE(map.is_behind());
  EXPECT_EQ(on_disk(), runs);
}

TEST_F(MapFileTest, leaves_nothing_in_tmp_when_its_place_is_taken) {
  std::filesystem::create_directory(path);
  EXPECT_FALSE(map.establish(runs));
  EXPECT_EQ(files_in(layout.temporary()), 0U);
  EXPECT_FALSE(map.exists());
}

TEST_F(MapFileTest, is_removed_with_its_file) {
  write_text(layout.partial(digest), "bytes");
  ASSERT_TRUE(map.establish(runs));
  ASSERT_TRUE(remove_partial(layout, digest));
  EXPECT_EQ(files_in(layout.partials()), 0U);
  EXPECT_TRUE(remove_partial(layout, digest)) << "nothing is there";
}

TEST_F(MapFileTest, is_a_leftover_without_its_file_only) {
  auto other = sha256("other");
  write_text(layout.partial(digest), "bytes");
  write_text(layout.partial(other), "bytes that need no map");
  write_text(layout.partial_map(sha256("gone")), "map");
  ASSERT_TRUE(map.establish(runs));
  ASSERT_TRUE(remove_leftover_maps(layout));
  EXPECT_TRUE(is_there(layout.partial(digest)));
  EXPECT_TRUE(is_there(path));
  EXPECT_TRUE(is_there(layout.partial(other)));
  EXPECT_EQ(files_in(layout.partials()), 3U);
}

}  // namespace
}  // namespace weir::cas
