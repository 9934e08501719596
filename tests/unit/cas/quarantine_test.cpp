// SPDX-License-Identifier: Apache-2.0
#include "cas/quarantine.h"

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class QuarantineTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_root(layout) && prepare(layout));
    reopen();
  }
  void reopen() {
    auto opened = Quarantine::open(layout, limits);
    ASSERT_TRUE(opened) << opened.error().message;
    quarantine = std::move(*opened);
  }
  Sha256 take(std::string_view name, WallTime now, std::string_view text = "wrong") {
    auto digest = sha256(name);
    write_text(folder.path() / "file", text);
    auto taken = quarantine->take(folder.path() / "file", digest, now);
    EXPECT_TRUE(taken) << taken.error().message;
    return digest;
  }
  std::string text(const Sha256& digest, WallTime time) {
    return text_of(layout.quarantine() / (digest.hex() + "." + std::to_string(unix_seconds(time))));
  }

  TestFolder folder;
  Layout layout{folder.path() / "store"};
  Quarantine::Limits limits{2, 100, 4};
  std::unique_ptr<Quarantine> quarantine;
  WallTime start = WallTime(seconds(1'700'000'000));
};

TEST_F(QuarantineTest, remembers_when_over_a_restart) {
  auto digest = take("a", start);
  EXPECT_EQ(text(digest, start), "wrong");
  EXPECT_FALSE(is_there(folder.path() / "file"));
  EXPECT_EQ(quarantine->last(digest), start);
  EXPECT_EQ(quarantine->last(sha256("b")), std::nullopt);
  reopen();
  EXPECT_EQ(quarantine->last(digest), start);
}

TEST_F(QuarantineTest, knows_the_newest_of_several) {
  auto digest = take("a", start + minutes(5));
  take("a", start);
  EXPECT_EQ(quarantine->last(digest), start + minutes(5));
  reopen();
  EXPECT_EQ(quarantine->last(digest), start + minutes(5));
}

TEST_F(QuarantineTest, goes_by_the_files_time) {
  auto digest = take("a", start);
  auto path = layout.quarantine() / (digest.hex() + "." + std::to_string(unix_seconds(start)));
  auto file = open_existing(path, Access::read);
  ASSERT_TRUE(file && set_mtime(file->fd.get(), start - minutes(90), path));
  reopen();
  EXPECT_EQ(quarantine->last(digest), start - minutes(90));
}

TEST_F(QuarantineTest, takes_two_in_one_second) {
  auto digest = take("a", start, "first");
  take("a", start, "second");
  EXPECT_EQ(text(digest, start), "first");
  EXPECT_EQ(text(digest, start + seconds(1)), "second");
  reopen();
  EXPECT_EQ(quarantine->last(digest), start);
}

TEST_F(QuarantineTest, keeps_the_bytes_of_the_newest_and_notes_of_the_others) {
  auto a = take("a", start);
  auto b = take("b", start + seconds(1));
  auto c = take("c", start + seconds(2));
  EXPECT_EQ(text(a, start), "");
  EXPECT_EQ(text(b, start + seconds(1)), "wrong");
  EXPECT_EQ(text(c, start + seconds(2)), "wrong");
  EXPECT_EQ(files_in(layout.temporary()), 0U);
  reopen();
  EXPECT_EQ(quarantine->last(a), start) << "a note keeps its time";
}

TEST_F(QuarantineTest, keeps_no_more_bytes_than_allowed) {
  auto a = take("a", start, std::string(60, 'a'));
  auto b = take("b", start + seconds(1), std::string(60, 'b'));
  EXPECT_EQ(text(a, start), "");
  EXPECT_EQ(text(b, start + seconds(1)).size(), 60U);
  auto c = take("c", start + seconds(2), std::string(101, 'c'));
  EXPECT_EQ(text(c, start + seconds(2)), "") << "too large all alone";
  EXPECT_EQ(text(b, start + seconds(1)).size(), 60U);
  EXPECT_EQ(quarantine->last(c), start + seconds(2));
}

TEST_F(QuarantineTest, forgets_old_notes_but_none_of_the_last_hour) {
  auto old = take("old", start);
  for (int i = 0; i < 6; ++i) take("young" + std::to_string(i), start + minutes(30));
  EXPECT_EQ(files_in(layout.quarantine()), 7U) << "all within the hour";
  take("latest", start + minutes(61));
  EXPECT_EQ(quarantine->last(old), std::nullopt);
  EXPECT_EQ(files_in(layout.quarantine()), 7U);
  EXPECT_EQ(quarantine->last(sha256("young0")), start + minutes(30));
}

TEST_F(QuarantineTest, takes_what_is_no_plain_file_and_harms_nothing_behind_it) {
  write_text(folder.path() / "precious", "precious");
  auto before = open_existing(folder.path() / "precious", Access::read);
  ASSERT_TRUE(before);
  std::filesystem::create_symlink(folder.path() / "precious", folder.path() / "link");
  std::filesystem::create_hard_link(folder.path() / "precious", folder.path() / "second");
  std::filesystem::create_directory(folder.path() / "folder");
  auto link = sha256("link");
  auto second = sha256("second");
  auto planted = sha256("folder");
  ASSERT_TRUE(quarantine->take(folder.path() / "link", link, start));
  ASSERT_TRUE(quarantine->take(folder.path() / "second", second, start));
  ASSERT_TRUE(quarantine->take(folder.path() / "folder", planted, start));
  reopen();
  for (auto& digest : {link, second, planted}) EXPECT_EQ(quarantine->last(digest), start);
  for (int i = 0; i < 6; ++i) take("more" + std::to_string(i), start + minutes(90));
  EXPECT_EQ(quarantine->last(planted), std::nullopt);
  EXPECT_EQ(text_of(folder.path() / "precious"), "precious");
  auto after = stamp_of(before->fd.get(), "precious");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->mtime_ns, before->stamp.mtime_ns);
}

TEST_F(QuarantineTest, knows_of_bytes_that_it_could_not_move) {
  auto digest = sha256("a");
  EXPECT_FALSE(quarantine->take(folder.path() / "gone", digest, start));
  EXPECT_EQ(quarantine->last(digest), start);
}

TEST_F(QuarantineTest, passes_over_names_that_are_not_its_own) {
  auto hex = sha256("a").hex();
  for (auto& name : {hex, hex + ".", hex + ".12x", hex + ".-5", hex + ".99999999999", "A" + hex.substr(1) + ".5",
                     std::string("notes.txt")})
    write_text(layout.quarantine() / name, "?");
  reopen();
  EXPECT_EQ(quarantine->last(sha256("a")), std::nullopt);
}

}  // namespace
}  // namespace weir::cas
