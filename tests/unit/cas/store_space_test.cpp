// SPDX-License-Identifier: Apache-2.0
// Reservation and eviction on a real store.
#include <gmock/gmock.h>

#include <string>

#include "cas/map_file.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using testing::IsEmpty;

constexpr uint64_t kKiB = 1024;

class StoreSpaceTest : public StoreTest {
 protected:
  void SetUp() override { limit(0); }
  void limit(uint64_t max_size, EvictionOrder order = EvictionOrder::lru) {
    store.reset();
    Options options{root};
    options.max_size = max_size;
    options.min_free = 0;
    options.eviction = order;
    auto opened = BlobStore::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  std::string text(char letter, uint64_t bytes = 100) { return std::string(bytes, letter); }
  Sha256 keep(char letter, uint64_t bytes = 100) { return put(text(letter, bytes)); }
  void begin(char letter, uint64_t held, uint64_t bytes = 100) {
    auto partial = store->open_partial(sha256(text(letter, bytes)), bytes);
    ASSERT_TRUE(partial && (*partial)->append(text(letter, held)));
  }
  bool make_room(uint64_t bytes) { return store->space().reserve(bytes).has_value(); }
};

TEST_F(StoreSpaceTest, counts_what_is_stored_begun_and_promised) {
  keep('a');
  begin('b', 40);
  auto partial = store->open_partial(sha256(text('c')), 100);
  ASSERT_TRUE(partial && (*partial)->reserve({0, 60}));
  EXPECT_EQ(store->space().reserved_bytes(), 60U);
  EXPECT_TRUE((*partial)->is_reserved({10, 60}));
  EXPECT_FALSE((*partial)->is_reserved({10, 61}));
  ASSERT_TRUE((*partial)->append(text('c', 50)));
  EXPECT_EQ(store->space().reserved_bytes(), 10U);
  EXPECT_EQ(store->loose_bytes(), 90U);
  ASSERT_TRUE((*partial)->reserve({0, 60})) << "what is held or promised needs no further room";
  EXPECT_EQ(store->space().reserved_bytes(), 10U);
  (*partial)->release({0, 100});
  EXPECT_EQ(store->space().reserved_bytes(), 0U);
  EXPECT_TRUE((*partial)->is_reserved({0, 50}));
}

TEST_F(StoreSpaceTest, gives_back_what_a_partial_blob_had_reserved) {
  {
    auto partial = store->open_partial(sha256(text('c')), 100);
    ASSERT_TRUE(partial && (*partial)->reserve({20, 60}));
  }
  EXPECT_EQ(store->space().reserved_bytes(), 0U);
  EXPECT_EQ(store->loose_bytes(), 0U);
}

TEST_F(StoreSpaceTest, counts_a_file_once_when_it_becomes_a_blob) {
  begin('a', 40);
  auto partial = store->open_partial(sha256(text('a')), 100);
  ASSERT_TRUE(partial && (*partial)->append(text('a', 60)) && (*partial)->commit());
  partial = fail(ErrorCode::cancelled, "closed");
  EXPECT_EQ(store->loose_bytes(), 0U);
  EXPECT_EQ(store->totals(), (Totals{1, 100}));
}

TEST_F(StoreSpaceTest, forgets_what_was_quarantined_or_discarded) {
  auto wrong = store->open_partial(sha256("right"), 5);
  ASSERT_TRUE(wrong && (*wrong)->append("wrong"));
  EXPECT_FALSE((*wrong)->commit());
  EXPECT_EQ(store->loose_bytes(), 0U);
  auto unwanted = store->open_partial(sha256("other"), 5);
  ASSERT_TRUE(unwanted && (*unwanted)->append("oth") && (*unwanted)->discard());
  unwanted = fail(ErrorCode::cancelled, "closed");
  EXPECT_EQ(store->loose_bytes(), 0U);
}

TEST_F(StoreSpaceTest, removes_the_blob_that_was_used_longest_ago) {
  limit(300);
  auto a = keep('a');
  auto b = keep('b');
  auto c = keep('c');
  EXPECT_EQ(get(a), text('a'));
  auto d = keep('d');
  EXPECT_FALSE(store->has(b));
  EXPECT_FALSE(is_there(object(b)));
  for (auto& digest : {a, c, d}) EXPECT_TRUE(store->has(digest));
  EXPECT_EQ(store->totals(), (Totals{3, 300}));
}

TEST_F(StoreSpaceTest, keeps_the_order_of_use_over_a_restart) {
  auto a = keep('a');
  auto b = keep('b');
  EXPECT_EQ(get(a), text('a'));
  limit(200);
  keep('c');
  EXPECT_TRUE(store->has(a));
  EXPECT_FALSE(store->has(b));
}

TEST_F(StoreSpaceTest, removes_in_the_configured_order) {
  limit(300, EvictionOrder::fifo);
  auto a = keep('a');
  keep('b');
  EXPECT_EQ(get(a), text('a'));
  keep('c', 200);
  EXPECT_FALSE(store->has(a)) << "it was stored first, whatever its use";
  limit(300, EvictionOrder::large_first);
  keep('d', 10);
  EXPECT_FALSE(store->has(sha256(text('c', 200))));
}

TEST_F(StoreSpaceTest, removes_partial_blobs_first_the_oldest_use_first) {
  limit(300);
  auto a = keep('a');
  begin('p', 20);
  begin('q', 50);
  begin('p', 30);  // resumed: it was used last
  ASSERT_TRUE(make_room(120));
  EXPECT_FALSE(is_there(partial(sha256(text('q')))));
  EXPECT_TRUE(is_there(partial(sha256(text('p')))));
  EXPECT_TRUE(store->has(a));
  ASSERT_TRUE(make_room(200));
  EXPECT_FALSE(is_there(partial(sha256(text('p')))));
  EXPECT_TRUE(store->has(a));
}

TEST_F(StoreSpaceTest, takes_a_partial_blobs_map_with_it) {
  limit(300);
  auto digest = sha256(text('p', 200));
  {
    auto opened = store->open_partial(digest, 200);
    ASSERT_TRUE(opened && (*opened)->write(100, text('p', 100), Trust::trusted));
  }
  ASSERT_TRUE(is_there(Layout(root).partial_map(digest)));
  ASSERT_TRUE(make_room(300));
  EXPECT_EQ(files_in(root / "partial"), 0U);
}

TEST_F(StoreSpaceTest, counts_partial_blobs_by_what_is_allocated) {
  constexpr uint64_t kSize = 1 << 30;
  auto digest = sha256("a large file");
  {
    auto opened = store->open_partial(digest, kSize);
    ASSERT_TRUE(opened && (*opened)->write(kSize / 2, text('x', 64 * kKiB), Trust::trusted));
  }
  EXPECT_GE(store->loose_bytes(), 64 * kKiB);
  EXPECT_LT(store->loose_bytes(), kSize / 4);
  reopen();
  EXPECT_GE(store->loose_bytes(), 64 * kKiB);
  EXPECT_LT(store->loose_bytes(), kSize / 4);
}

TEST_F(StoreSpaceTest, removes_folders_that_are_empty) {
  auto a = keep('a');
  auto b = keep('b');
  std::filesystem::create_directories(folder.path() / "outside" / "ff");
  std::filesystem::create_directory_symlink(folder.path() / "outside", root / "objects" / "zz");
  ASSERT_TRUE(store->discard(a).value());
  store.reset();
  Shelf::open(Layout(root), Quarantine::Limits{}).value()->remove_empty_folders();
  reopen();
  EXPECT_FALSE(is_there(object(a).parent_path().parent_path()));
  EXPECT_TRUE(is_there(object(b)));
  EXPECT_TRUE(is_there(folder.path() / "outside" / "ff"));
  EXPECT_EQ(keep('a'), a);
  EXPECT_TRUE(is_there(object(a)));
}

TEST_F(StoreSpaceTest, never_removes_what_is_open) {
  limit(300);
  auto a = keep('a');
  auto b = keep('b');
  auto reader = store->open_blob(a);
  ASSERT_TRUE(reader && *reader);
  auto writer = store->open_partial(sha256(text('p')), 100);
  ASSERT_TRUE(writer && (*writer)->append(text('p', 60)));
  EXPECT_FALSE(make_room(200));
  EXPECT_TRUE(store->has(b)) << "nothing goes in vain";
  ASSERT_TRUE(make_room(140));
  EXPECT_FALSE(store->has(b));
  EXPECT_TRUE(is_there(object(a)));
  EXPECT_EQ(text_of_blob(***reader, 100), text('a'));
  ASSERT_TRUE((*writer)->append(text('p', 40)) && (*writer)->commit());
  EXPECT_FALSE(make_room(200)) << "its file is still open";
  reader = fail(ErrorCode::cancelled, "closed");
  writer = fail(ErrorCode::cancelled, "closed");
  EXPECT_TRUE(make_room(300));
}

TEST_F(StoreSpaceTest, keeps_what_is_pinned) {
  auto a = keep('a');
  auto b = keep('b');
  limit(200);
  store->set_pins([&]() -> Result<DigestSet> { return DigestSet{a}; });
  EXPECT_FALSE(make_room(101));
  EXPECT_TRUE(make_room(100));
  EXPECT_TRUE(store->has(a));
  EXPECT_FALSE(store->has(b));
}

TEST_F(StoreSpaceTest, reserves_for_small_files) {
  limit(100);
  auto small = store->create_unnamed(60);
  ASSERT_TRUE(small);
  EXPECT_EQ(store->space().reserved_bytes(), 60U);
  EXPECT_FALSE(store->create_unnamed(41));
  ASSERT_TRUE((*small)->append(text('a', 80)));
  EXPECT_EQ(store->space().reserved_bytes(), 0U);
  EXPECT_EQ(store->loose_bytes(), 80U);
  auto more = (*small)->append(text('a', 21));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::over_limit);
  ASSERT_TRUE((*small)->commit());
  EXPECT_EQ(store->loose_bytes(), 0U);
  EXPECT_EQ(store->totals(), (Totals{1, 80}));
}

TEST_F(StoreSpaceTest, an_evicted_blob_can_be_stored_again) {
  limit(100);
  auto a = keep('a');
  keep('b');
  EXPECT_EQ(get(a), "(absent)");
  EXPECT_EQ(keep('a'), a);
  EXPECT_EQ(get(a), text('a'));
}

// The file goes first: a crash leaves a row without a file, and it is not counted after the start.
TEST_F(StoreSpaceTest, a_crash_between_the_two_steps_of_an_eviction_leaves_no_trace) {
  auto a = keep('a');
  auto b = keep('b');
  store.reset();
  std::filesystem::remove(object(a));
  reopen_after_kill();
  EXPECT_EQ(store->totals(), (Totals{1, 100}));
  EXPECT_TRUE(store->has(b));
  EXPECT_EQ(store->list().size(), 1U);
}

TEST_F(StoreSpaceTest, an_eviction_survives_a_restart) {
  limit(200);
  auto a = keep('a');
  keep('b');
  keep('c');
  limit(200);
  EXPECT_FALSE(store->has(a));
  EXPECT_EQ(store->totals(), (Totals{2, 200}));
}

TEST_F(StoreSpaceTest, brings_a_lowered_limit_about_with_the_next_reservation) {
  for (char letter : {'a', 'b', 'c', 'd'}) keep(letter);
  limit(250);
  ASSERT_TRUE(make_room(50));
  EXPECT_EQ(store->totals(), (Totals{2, 200}));
}

}  // namespace
}  // namespace weir::cas
