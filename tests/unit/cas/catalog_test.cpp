// SPDX-License-Identifier: Apache-2.0
#include "cas/catalog.h"

#include <gmock/gmock.h>

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using testing::IsEmpty;

class CatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_root(layout) && prepare(layout));
    reopen();
  }
  void reopen() {
    catalog.reset();
    auto opened = Catalog::open(layout);
    ASSERT_TRUE(opened) << opened.error().message;
    catalog = std::move(*opened);
  }
  // A file with an object's name, whatever its bytes.
  Sha256 plant(std::string_view text) {
    auto planted = sha256(text);
    EXPECT_TRUE(make_object_folders(layout, planted));
    write_text(layout.object(planted), text);
    return planted;
  }
  std::optional<BlobInfo> info(const Sha256& wanted) {
    for (auto& blob : catalog->list())
      if (blob.digest == wanted) return blob;
    return std::nullopt;
  }

  TestFolder folder;
  Layout layout{folder.path() / "store"};
  std::unique_ptr<Catalog> catalog;
  Sha256 digest = sha256("a");
  FileStamp stamp{10, 20, 30, 40};
  FileStamp other_stamp{10, 20, 31, 40};
  WallTime time = WallTime(std::chrono::seconds(1000));
};

TEST_F(CatalogTest, keeps_what_was_put_over_a_restart) {
  catalog->put(digest, {stamp, time, Verification::verified});
  EXPECT_EQ(catalog->verified(digest), stamp);
  reopen();
  EXPECT_EQ(catalog->verified(digest), stamp);
  EXPECT_EQ(catalog->totals(Verification::verified), (Totals{1, 10}));
}

TEST_F(CatalogTest, keeps_last_use_and_doubt_over_a_restart) {
  catalog->put(digest, {stamp, time, Verification::verified});
  catalog->touch(digest, time + std::chrono::seconds(5));
  catalog->doubt(digest, stamp);
  reopen();
  auto blob = info(digest);
  ASSERT_TRUE(blob);
  EXPECT_EQ(blob->last_use, time + std::chrono::seconds(5));
  EXPECT_EQ(blob->verification, Verification::unverified);
  EXPECT_EQ(blob->size, 10U);
}

// The date may jump by 400 days and back: the order of use is counted, not dated.
TEST_F(CatalogTest, knows_the_order_of_use_whatever_the_clock_does) {
  using std::chrono::hours;
  auto order = [&] {
    auto files = choose_victims(catalog->candidates(), EvictionOrder::lru, 1000);
    std::string names;
    for (auto& file : files)
      for (auto name : {"a", "b", "c"}) names += file.digest == sha256(name) ? name : "";
    return names;
  };
  for (auto name : {"a", "b", "c"}) catalog->put(sha256(name), {stamp, time, Verification::verified});
  EXPECT_EQ(order(), "abc");
  catalog->touch(sha256("a"), time + hours(400 * 24));
  catalog->touch(sha256("b"), time - hours(24));
  EXPECT_EQ(order(), "cab");
  reopen();
  EXPECT_EQ(order(), "cab");
  catalog->touch(sha256("c"), time - hours(400 * 24));
  EXPECT_EQ(order(), "abc");
  catalog->put(sha256("a"), {other_stamp, time, Verification::verified});
  EXPECT_EQ(order(), "abc") << "a file that is verified again was not used";
}

TEST_F(CatalogTest, numbers_what_a_walk_finds_by_the_time_of_its_file) {
  for (auto name : {"late", "early"}) {
    auto planted = plant(name);
    WallTime written = time + std::chrono::hours(name == std::string("late") ? 1 : 0);
    auto file = open_existing(layout.object(planted), Access::read_write);
    ASSERT_TRUE(file && set_mtime(file->fd.get(), written, "planted"));
  }
  catalog.reset();
  std::filesystem::remove(layout.index());
  reopen();
  auto files = choose_victims(catalog->candidates(), EvictionOrder::lru, 1000);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].digest, sha256("early"));
}

TEST_F(CatalogTest, touches_only_what_is_there) {
  catalog->touch(digest, time);
  EXPECT_THAT(catalog->list(), IsEmpty());
}

TEST_F(CatalogTest, counts_by_trust) {
  catalog->put(digest, {stamp, time, Verification::verified});
  catalog->put(sha256("b"), {{5, 0, 0, 0}, time, Verification::verified});
  catalog->put(sha256("b"), {{6, 0, 0, 0}, time, Verification::verified});
  EXPECT_EQ(catalog->totals(Verification::verified), (Totals{2, 16}));
  catalog->doubt(digest, stamp);
  EXPECT_EQ(catalog->totals(Verification::verified), (Totals{1, 6}));
  EXPECT_EQ(catalog->totals(Verification::unverified), (Totals{1, 10}));
  catalog->forget(digest);
  EXPECT_EQ(catalog->totals(Verification::unverified), (Totals{}));
}

// Who found an old file wrong must not harm a new one that came meanwhile.
TEST_F(CatalogTest, doubts_and_forgets_only_the_stamp_that_was_seen) {
  catalog->put(digest, {stamp, time, Verification::verified});
  catalog->doubt(digest, other_stamp);
  catalog->forget(digest, other_stamp);
  EXPECT_EQ(catalog->verified(digest), stamp);
  catalog->doubt(digest, stamp);
  EXPECT_EQ(catalog->verified(digest), std::nullopt);
  EXPECT_TRUE(info(digest));
  catalog->forget(digest, stamp);
  EXPECT_FALSE(info(digest));
}

TEST_F(CatalogTest, walks_the_objects_unless_it_was_closed) {
  auto planted = plant("planted while closed");
  plant("a");
  catalog->put(digest, {stamp, time, Verification::verified});
  reopen();
  EXPECT_FALSE(info(planted)) << "closed well: no walk";

  // A kill: the catalogue flushed, and was never closed.
  ASSERT_TRUE(catalog->flush());
  std::filesystem::copy(layout.index(), folder.path() / "index.copy");
  auto wal = layout.index().string() + "-wal";
  std::filesystem::copy(wal, folder.path() / "wal.copy");
  catalog.reset();
  std::filesystem::rename(folder.path() / "index.copy", layout.index());
  std::filesystem::rename(folder.path() / "wal.copy", wal);
  reopen();
  auto blob = info(planted);
  ASSERT_TRUE(blob);
  EXPECT_EQ(blob->verification, Verification::unverified);
  EXPECT_EQ(blob->size, 20U);
  EXPECT_EQ(catalog->verified(digest), stamp) << "known ones keep their trust";
}

TEST_F(CatalogTest, enters_only_plain_files_with_their_own_name) {
  auto good = plant("good");
  auto misplaced = sha256("misplaced");
  write_text(layout.object(good).parent_path() / misplaced.hex(), "misplaced");
  write_text(layout.object(good).parent_path() / "notes.txt", "notes");
  auto linked = sha256("linked");
  ASSERT_TRUE(make_object_folders(layout, linked));
  std::filesystem::create_symlink(layout.object(good), layout.object(linked));
  catalog.reset();
  std::filesystem::remove(layout.index());
  reopen();
  ASSERT_EQ(catalog->list().size(), 1U);
  EXPECT_EQ(catalog->list()[0].digest, good);
}

TEST_F(CatalogTest, writes_later_what_it_could_not_write) {
  auto database = Database::open(layout.index());
  ASSERT_TRUE(database && database->execute("CREATE TRIGGER refuse BEFORE INSERT ON blobs "
                                            "BEGIN SELECT RAISE(ABORT, 'refused'); END"));
  catalog->put(digest, {stamp, time, Verification::verified});
  EXPECT_FALSE(catalog->flush());
  ASSERT_TRUE(database->execute("DROP TRIGGER refuse"));
  EXPECT_TRUE(catalog->flush());
  database = fail(ErrorCode::cancelled, "closed");
  reopen();
  EXPECT_EQ(catalog->verified(digest), stamp);
}

}  // namespace
}  // namespace weir::cas
