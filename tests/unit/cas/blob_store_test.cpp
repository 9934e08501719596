// SPDX-License-Identifier: Apache-2.0
#include "cas/blob_store.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

class BlobStoreTest : public StoreTest {
 protected:
  // Makes the store see wrong bytes of this digest.
  void poison(const Sha256& digest) {
    auto partial = store->open_partial(digest, 5);
    ASSERT_TRUE(partial && (*partial)->append("wrong"));
    ASSERT_FALSE((*partial)->commit());
  }
  void lose_index() {
    store.reset();
    std::filesystem::remove(root / "index.db");
    reopen();
  }
};

TEST_F(BlobStoreTest, keeps_blobs_over_a_restart) {
  auto digest = put("text");
  reopen();
  EXPECT_EQ(get(digest), "text");
  EXPECT_EQ(store->size_of(digest), 4U);
  EXPECT_EQ(store->totals(), (Totals{1, 4}));
}

TEST_F(BlobStoreTest, lacks_what_was_never_put) {
  EXPECT_EQ(get(sha256("text")), "(absent)");
  EXPECT_FALSE(store->has(sha256("text")));
  EXPECT_EQ(store->size_of(sha256("text")), std::nullopt);
  EXPECT_EQ(store->totals(), Totals{});
}

TEST_F(BlobStoreTest, knows_what_was_begun) {
  auto digest = sha256("text");
  EXPECT_FALSE(store->has_partial(digest));
  auto blob = store->open_partial(digest, 4);
  ASSERT_TRUE(blob && (*blob)->append("te"));
  EXPECT_TRUE(store->has_partial(digest));
  blob->reset();
  EXPECT_TRUE(store->has_partial(digest));
  blob = store->open_partial(digest, 4);
  ASSERT_TRUE(blob && (*blob)->append("xt") && (*blob)->commit());
  EXPECT_FALSE(store->has_partial(digest));
}

TEST_F(BlobStoreTest, lists_blobs_with_their_last_use) {
  auto digest = put("text");
  auto before = wall_now();
  EXPECT_EQ(get(digest), "text");
  ASSERT_TRUE(store->flush());
  reopen();
  auto blobs = store->list();
  ASSERT_EQ(blobs.size(), 1U);
  EXPECT_EQ(blobs[0].digest, digest);
  EXPECT_EQ(blobs[0].size, 4U);
  EXPECT_EQ(blobs[0].verification, Verification::verified);
  EXPECT_GE(unix_seconds(blobs[0].last_use), unix_seconds(before));
}

TEST_F(BlobStoreTest, outlived_by_its_blobs) {
  auto digest = put("text");
  auto blob = store->open_blob(digest);
  ASSERT_TRUE(blob && *blob);
  store.reset();
  std::filesystem::remove(object(digest));
  EXPECT_EQ(text_of_blob(***blob, 4), "text");
}

TEST_F(BlobStoreTest, has_one_owner) {
  ASSERT_TRUE(store->set_lock_note("127.0.0.1:9347"));
  auto second = BlobStore::open(Options{root});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr("127.0.0.1:9347"));
  auto note = BlobStore::read_lock_note(root);
  ASSERT_TRUE(note && *note);
  EXPECT_EQ(**note, (LockNote{::getpid(), "127.0.0.1:9347"}));
  store.reset();
  note = BlobStore::read_lock_note(root);
  ASSERT_TRUE(note);
  EXPECT_FALSE(*note);
}

TEST_F(BlobStoreTest, does_not_touch_a_store_that_somebody_else_holds) {
  write_text(root / "tmp" / "in-use", "half");
  EXPECT_FALSE(BlobStore::open(Options{root}));
  EXPECT_TRUE(is_there(root / "tmp" / "in-use"));
}

TEST_F(BlobStoreTest, refuses_an_unknown_version) {
  store.reset();
  write_text(root / "version", "weir-store 2\n");
  auto opened = BlobStore::open(Options{root});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::unsupported);
  auto note = BlobStore::read_lock_note(root);
  ASSERT_TRUE(note);
  EXPECT_FALSE(*note) << "the lock is given up";
}

// Without the index nothing is trusted, and nothing is lost.
TEST_F(BlobStoreTest, takes_the_objects_up_again_when_the_index_is_lost) {
  auto good = put("good");
  auto rotten = put("text");
  damage_keeping_size_and_mtime(object(rotten));
  lose_index();
  EXPECT_EQ(store->totals(), Totals{});
  ASSERT_EQ(store->list().size(), 2U);
  EXPECT_EQ(store->list()[0].verification, Verification::unverified);
  EXPECT_EQ(get(good), "(absent)");
  EXPECT_EQ(get(rotten), "(absent)");
  for (auto& blob : store->list()) EXPECT_TRUE(store->verify(blob.digest));
  EXPECT_EQ(get(good), "good");
  EXPECT_EQ(get(rotten), "(absent)");
  EXPECT_TRUE(store->recent_quarantine(rotten, wall_now()));
  EXPECT_FALSE(store->recent_quarantine(good, wall_now()));
  reopen();
  EXPECT_EQ(get(good), "good");
}

TEST_F(BlobStoreTest, finds_an_object_that_a_kill_left_without_its_row) {
  auto digest = sha256("text");
  ASSERT_TRUE(make_object_folders(Layout(root), digest));
  write_text(object(digest), "text");
  reopen_after_kill();
  ASSERT_EQ(store->list().size(), 1U);
  EXPECT_EQ(get(digest), "(absent)");
  auto partial = store->open_partial(digest, 4);
  ASSERT_TRUE(partial);
  EXPECT_EQ((*partial)->readable(), 4U);
  ASSERT_TRUE((*partial)->commit());
  EXPECT_EQ(get(digest), "text");
}

TEST_F(BlobStoreTest, takes_up_an_unknown_object_even_without_a_walk) {
  auto digest = sha256("text");
  ASSERT_TRUE(make_object_folders(Layout(root), digest));
  write_text(object(digest), "text");
  auto partial = store->open_partial(digest, 4);
  ASSERT_TRUE(partial);
  EXPECT_EQ((*partial)->readable(), 4U);
  EXPECT_TRUE((*partial)->commit());
}

TEST_F(BlobStoreTest, an_unknown_object_of_another_length_starts_over) {
  auto digest = sha256("text");
  ASSERT_TRUE(make_object_folders(Layout(root), digest));
  write_text(object(digest), "text and more");
  auto partial = store->open_partial(digest, 4);
  ASSERT_TRUE(partial);
  EXPECT_EQ((*partial)->readable(), 0U);
  EXPECT_EQ(files_in(root / "quarantine"), 1U);
}

TEST_F(BlobStoreTest, remembers_wrong_bytes_until_a_right_copy_is_held_and_an_hour_has_passed) {
  auto digest = sha256("right");
  EXPECT_FALSE(store->recent_quarantine(digest, wall_now()));
  poison(digest);
  auto start = wall_now();
  EXPECT_TRUE(store->recent_quarantine(digest, start));
  EXPECT_TRUE(store->recent_quarantine(digest, start + minutes(600))) << "none is held";
  reopen();
  EXPECT_TRUE(store->recent_quarantine(digest, start + minutes(600))) << "after a restart";
  put("right");
  EXPECT_TRUE(store->recent_quarantine(digest, start + minutes(59)));
  EXPECT_FALSE(store->recent_quarantine(digest, start + minutes(61)));
  reopen();
  EXPECT_TRUE(store->recent_quarantine(digest, start + minutes(59)));
  EXPECT_FALSE(store->recent_quarantine(digest, start + minutes(61)));
}

TEST_F(BlobStoreTest, opens_in_a_path_that_is_not_there) {
  store.reset();
  root = folder.path() / "deep" / "down";
  reopen();
  EXPECT_EQ(mode_of(root), 0700U);
  EXPECT_EQ(get(put("text")), "text");
}

// Readers and writers of the same few digests from several threads: each answer is absent or right.
TEST_F(BlobStoreTest, serves_many_threads) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50;
  std::atomic<int> wrong = 0;
  auto work = [&] {
    for (int round = 0; round < kRounds; ++round) {
      std::string text = "text " + std::to_string(round % 5);
      if (auto partial = store->open_partial(sha256(text), text.size())) {
        auto rest = std::string_view(text).substr(static_cast<size_t>((*partial)->readable()));
        wrong += !(*partial)->append(rest) || !(*partial)->commit();
      }
      auto small = store->create_unnamed();
      wrong += !small || !(*small)->append(text) || !(*small)->commit();
      auto blob = store->open_blob(sha256(text));
      wrong += !blob || (*blob && text_of_blob(***blob, text.size()) != text);
      wrong += !store->flush();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(store->totals().count, 5U);
  EXPECT_EQ(files_in(root / "partial"), 0U);
  EXPECT_EQ(files_in(root / "tmp"), 0U);
  EXPECT_EQ(files_in(root / "quarantine"), 0U);
}

}  // namespace
}  // namespace weir::cas
