// SPDX-License-Identifier: Apache-2.0
// A store that is opened on a disk that takes no change: what it holds is served, it has one owner, and it takes bytes
// when the disk does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/database.h"
#include "tests/component/cas/store_bench.h"
#include "tests/fakes/fault_disk.h"

namespace weir::cas {
namespace {

using fakes::Fault;
using fakes::FaultDisk;
using fakes::Lasting;
using testing::HasSubstr;

constexpr WallTime kNow{std::chrono::seconds(1'000)};
const std::string kHeld(2500, 'h');
const std::string kText(3500, 't');
const std::string kAbsent = "(absent)";

class ReadOnlyDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(bench.root);
    ASSERT_TRUE(bench.open());
    ASSERT_TRUE(bench.store->set_lock_note("127.0.0.1:9347"));
    ASSERT_TRUE(bench.put_small(kHeld));
  }
  void take_no_change() { disk.fail_at(1, Fault::read_only, Lasting::from_then_on); }
  void open_unchangeable() {
    ASSERT_TRUE(bench.close());
    take_no_change();
    auto opened = bench.open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void come_back() {
    disk.heal();
    bench.store->health().check(kNow);
    ASSERT_TRUE(bench.store->health().writable());
  }
  std::string get(std::string_view text) {
    auto served = bench.read(sha256(text));
    return served ? *served : served.error().message;
  }
  // In this process: a lock is that of an open file.
  ErrorCode second_owner() {
    auto second = BlobStore::open(Options{bench.root});
    return second ? ErrorCode::cancelled : second.error().code;
  }

  StoreBench bench;
  FaultDisk disk{bench.root};
};

TEST_F(ReadOnlyDiskTest, serves_what_it_holds_and_takes_nothing) {
  open_unchangeable();
  EXPECT_EQ(get(kHeld), kHeld);
  auto trouble = bench.store->health().trouble();
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->kind, StoreTrouble::Kind::read_only);
  auto refused = bench.download(kText);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::read_only);
  EXPECT_EQ(bench.put_small(kText).error().code, ErrorCode::read_only);
  bench.store->health().check(kNow);
  EXPECT_FALSE(bench.store->health().writable());
}

TEST_F(ReadOnlyDiskTest, takes_bytes_when_the_disk_does) {
  open_unchangeable();
  EXPECT_EQ(get(kHeld), kHeld);
  come_back();
  ASSERT_TRUE(bench.download(kText));
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(get(kHeld), kHeld);
  EXPECT_EQ(get(kText), kText);
}

// Else a start after a crash would not look for objects that the index lacks.
TEST_F(ReadOnlyDiskTest, is_marked_as_open_before_bytes_come) {
  open_unchangeable();
  come_back();
  auto index = Database::open_read_only(Layout(bench.root).index());
  ASSERT_TRUE(index);
  auto state = index->prepare("SELECT closed FROM state");
  ASSERT_TRUE(state && state->step().value_or(false));
  EXPECT_EQ(state->integer(0), 0);
}

TEST_F(ReadOnlyDiskTest, finds_wrong_bytes_and_serves_them_no_more) {
  ASSERT_TRUE(bench.close());
  auto object = Layout(bench.root).object(sha256(kHeld));
  std::filesystem::permissions(object, std::filesystem::perms::owner_all);
  write_text(object, std::string(kHeld.size(), 'x'));
  take_no_change();
  ASSERT_TRUE(bench.open());
  auto verdict = bench.store->verify(sha256(kHeld));
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_EQ(*verdict, Verdict::wrong);
  EXPECT_EQ(get(kHeld), kAbsent);
}

TEST_F(ReadOnlyDiskTest, needs_no_folder_but_that_of_the_objects) {
  ASSERT_TRUE(bench.close());
  Layout layout(bench.root);
  for (auto& folder : {layout.quarantine(), layout.partials(), layout.temporary()}) std::filesystem::remove_all(folder);
  take_no_change();
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(get(kHeld), kHeld);
}

TEST_F(ReadOnlyDiskTest, closes_what_it_did_not_change_in_silence) {
  open_unchangeable();
  testing::internal::CaptureStderr();
  ASSERT_TRUE(bench.close());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  disk.heal();
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(get(kHeld), kHeld);
}

TEST_F(ReadOnlyDiskTest, has_one_owner_all_the_time) {
  open_unchangeable();
  EXPECT_EQ(second_owner(), ErrorCode::busy);
  auto note = BlobStore::read_lock_note(bench.root);
  ASSERT_TRUE(note && *note);
  EXPECT_EQ(**note, LockNote{}) << "and not that of the last owner";
  ASSERT_TRUE(bench.store->set_lock_note("127.0.0.1:4711"));
  disk.heal();
  EXPECT_EQ(second_owner(), ErrorCode::busy);
  come_back();
  EXPECT_EQ(second_owner(), ErrorCode::busy);
  note = BlobStore::read_lock_note(bench.root);
  ASSERT_TRUE(note && *note);
  EXPECT_EQ(**note, (LockNote{::getpid(), "127.0.0.1:4711"}));
  take_no_change();
  EXPECT_EQ(second_owner(), ErrorCode::busy);
}

TEST_F(ReadOnlyDiskTest, is_given_up_to_the_next_owner) {
  open_unchangeable();
  ASSERT_TRUE(bench.close());
  auto note = BlobStore::read_lock_note(bench.root);
  ASSERT_TRUE(note);
  EXPECT_FALSE(*note);
  ASSERT_TRUE(bench.open()) << "on the same disk";
}

// Of partial blobs nothing may be believed before that.
TEST_F(ReadOnlyDiskTest, settles_what_a_power_failure_left_before_new_bytes_come) {
  ASSERT_TRUE(bench.close());
  Layout layout(bench.root);
  write_text(layout.boot(), "of another run\n");
  write_text(layout.partial(sha256(kText)), std::string(kText.size(), '\0'));
  write_text(layout.temporary() / "leftover", "half");
  take_no_change();
  ASSERT_TRUE(bench.open());
  EXPECT_TRUE(is_there(layout.partial(sha256(kText))));
  ASSERT_TRUE(bench.close()) << "which leaves the mark";
  ASSERT_TRUE(bench.open());
  disk.heal();
  EXPECT_EQ(bench.download(kText).error().code, ErrorCode::read_only);
  come_back();
  EXPECT_FALSE(is_there(layout.partial(sha256(kText)))) << "it had no checkpoint";
  EXPECT_FALSE(is_there(layout.temporary() / "leftover"));
  EXPECT_EQ(bench.store->loose_bytes(), 0U);
  ASSERT_TRUE(bench.download(kText));
}

TEST_F(ReadOnlyDiskTest, trusts_nothing_without_a_sound_index) {
  for (auto spoil : {+[](Layout& layout) { write_text(layout.index(), std::string(4096, 'x')); },
                     +[](Layout& layout) { std::filesystem::remove(layout.index()); },
                     +[](Layout& layout) {
                       auto index = Database::open(layout.index());
                       ASSERT_TRUE(index && index->execute("PRAGMA user_version = 99"));
                     }}) {
    ASSERT_TRUE(bench.close());
    Layout layout(bench.root);
    spoil(layout);
    open_unchangeable();
    EXPECT_EQ(get(kHeld), kAbsent);
    EXPECT_EQ(bench.store->list().size(), 1U) << "which is not verified";
    come_back();
    ASSERT_TRUE(bench.verify(kHeld));
    EXPECT_EQ(get(kHeld), kHeld);
    ASSERT_TRUE(bench.open());
    EXPECT_EQ(get(kHeld), kHeld) << "the index is made anew";
  }
}

TEST_F(ReadOnlyDiskTest, writes_all_rows_when_the_index_went_meanwhile) {
  open_unchangeable();
  disk.heal();
  write_text(Layout(bench.root).index(), std::string(4096, 'x'));
  bench.store->health().check(kNow);
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(get(kHeld), kHeld);
}

TEST_F(ReadOnlyDiskTest, is_read_only_before_it_is_full) {
  ASSERT_TRUE(bench.close());
  take_no_change();
  Options options{bench.root};
  options.min_free = uint64_t{1} << 62;
  auto store = BlobStore::open(options);
  ASSERT_TRUE(store && (*store)->health().trouble());
  EXPECT_EQ((*store)->health().trouble()->kind, StoreTrouble::Kind::read_only);
}

TEST_F(ReadOnlyDiskTest, does_not_trust_what_was_changed) {
  ASSERT_TRUE(bench.close());
  auto object = Layout(bench.root).object(sha256(kHeld));
  timespec times[2] = {{0, UTIME_OMIT}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, object.c_str(), times, 0), 0);
  take_no_change();
  ASSERT_TRUE(bench.open());
  EXPECT_EQ(get(kHeld), kAbsent);
}

TEST_F(ReadOnlyDiskTest, makes_no_store) {
  ASSERT_TRUE(bench.close());
  std::filesystem::remove_all(bench.root);
  std::filesystem::create_directory(bench.root);
  take_no_change();
  auto opened = bench.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::read_only);
  EXPECT_THAT(opened.error().message, HasSubstr("make the file system writable for the first start"));
}

}  // namespace
}  // namespace weir::cas
