// SPDX-License-Identifier: Apache-2.0
#include "cas/space.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>
#include <string>
#include <utility>

namespace weir::cas {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A stock in memory.
class FakeStock : public Stock {
 public:
  uint64_t bytes() const override {
    uint64_t sum = writing;
    for (const auto* files : {&partials, &blobs})
      for (const auto& file : *files) sum += file.bytes;
    return sum;
  }
  std::optional<uint64_t> free_bytes() const override { return free; }
  std::optional<uint64_t> free_files() const override { return files_left; }
  std::vector<Candidate> idle_partials() const override { return partials; }
  Result<std::vector<Candidate>> idle_blobs() const override {
    ++looks;
    if (broken) return fail(ErrorCode::io, "the pins cannot be read");
    auto idle = blobs;
    std::erase_if(idle, [this](const auto& blob) { return kept.contains(blob.digest); });
    return idle;
  }
  Result<bool> remove_partial(const Candidate& partial) override { return remove(partials, partial); }
  Result<bool> remove_blob(const Candidate& blob) override { return remove(blobs, blob); }
  void remove_empty_folders() override { *files_left += std::exchange(empty_folders, 0); }

  void add(const std::string& name, uint64_t bytes) { blobs.push_back({sha256(name), bytes, next, next}), ++next; }
  void add_partial(const std::string& name, uint64_t bytes) {
    partials.push_back({sha256(name), bytes, next, next}), ++next;
  }

  std::vector<Candidate> partials;
  std::vector<Candidate> blobs;
  std::set<Sha256> kept;                                // open or pinned
  std::function<void(const Candidate&)> before_remove;  // something happens meanwhile
  std::vector<Sha256> removed;
  std::optional<uint64_t> free = 1'000'000;
  std::optional<uint64_t> files_left = 1'000'000;
  uint64_t empty_folders = 0;
  uint64_t writing = 0;
  uint64_t next = 1;
  bool broken = false;
  mutable int looks = 0;

 private:
  Result<bool> remove(std::vector<Candidate>& files, const Candidate& file) {
    if (before_remove) before_remove(file);
    if (kept.contains(file.digest) || std::erase(files, file) == 0) return false;
    removed.push_back(file.digest);
    if (files_left) ++*files_left;
    return true;
  }
};

class SpaceTest : public testing::Test {
 protected:
  Space make(uint64_t max_size, uint64_t min_free = 0, EvictionOrder order = EvictionOrder::lru) {
    Options options;
    options.max_size = max_size;
    options.min_free = min_free;
    options.eviction = order;
    return Space(options, stock);
  }
  FakeStock stock;
};

TEST_F(SpaceTest, promises_each_byte_once) {
  auto space = make(100);
  auto first = space.reserve(60);
  ASSERT_TRUE(first);
  EXPECT_EQ(space.reserved_bytes(), 60U);
  EXPECT_FALSE(space.reserve(41));
  auto second = space.reserve(40);
  ASSERT_TRUE(second);
  first->give_back(10);
  EXPECT_TRUE(space.reserve(10));
  EXPECT_EQ(space.reserved_bytes(), 90U) << "a reservation that nobody keeps is given back";
  *second = Reservation();
  EXPECT_EQ(space.reserved_bytes(), 50U);
}

TEST_F(SpaceTest, says_which_limit_stands_in_the_way) {
  auto over = make(100).reserve(101);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, ErrorCode::over_limit);
  EXPECT_THAT(over.error().message, HasSubstr("store.max_size (100 bytes)"));
  stock.free = 50;
  auto full = make(100, 30).reserve(21);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::no_space);
  EXPECT_THAT(full.error().message, HasSubstr("store.min_free (30 bytes)"));
  EXPECT_TRUE(make(100, 30).reserve(20));
  EXPECT_EQ(make(0).reserve(51).error().code, ErrorCode::no_space);
}

TEST_F(SpaceTest, removes_partial_blobs_first_and_then_what_was_used_longest_ago) {
  auto space = make(100);
  stock.add("a", 30);
  stock.add("b", 30);
  stock.add_partial("p", 20);
  stock.add_partial("q", 20);
  ASSERT_TRUE(space.reserve(10));
  EXPECT_THAT(stock.removed, ElementsAre(sha256("p")));
  ASSERT_TRUE(space.reserve(50));
  EXPECT_THAT(stock.removed, ElementsAre(sha256("p"), sha256("q"), sha256("a")));
  EXPECT_EQ(space.evicted(), (Totals{3, 70}));
}

TEST_F(SpaceTest, frees_what_is_to_stay_free) {
  stock.free = 100;
  stock.add("a", 30);
  auto space = make(0, 80);
  ASSERT_TRUE(space.reserve(20));
  EXPECT_THAT(stock.removed, IsEmpty());
  auto kept = space.reserve(20);
  ASSERT_TRUE(kept);
  EXPECT_THAT(stock.removed, IsEmpty());
  EXPECT_TRUE(space.reserve(1)) << "the reserved bytes are as good as written";
  EXPECT_THAT(stock.removed, ElementsAre(sha256("a")));
}

TEST_F(SpaceTest, takes_no_more_than_the_disk_has) {
  stock.free = 10;
  stock.add_partial("p", 20);
  stock.add("a", 30);
  auto space = make(0);
  EXPECT_TRUE(space.reserve(40));
  EXPECT_THAT(stock.removed, ElementsAre(sha256("p"), sha256("a")));
}

TEST_F(SpaceTest, removes_all_partial_blobs_when_it_is_told_to) {
  stock.add_partial("p", 20);
  stock.add_partial("q", 20);
  stock.add("a", 30);
  stock.kept = {sha256("q")};
  make(0).remove_idle_partials();
  EXPECT_THAT(stock.removed, ElementsAre(sha256("p")));
}

TEST_F(SpaceTest, removes_nothing_in_vain) {
  auto space = make(100);
  stock.add("a", 30);
  stock.add("b", 30);
  stock.add_partial("p", 10);
  stock.kept.insert(sha256("b"));
  EXPECT_FALSE(space.reserve(71));
  EXPECT_FALSE(space.reserve(101));
  EXPECT_THAT(stock.removed, IsEmpty());
  EXPECT_TRUE(space.reserve(70));
}

TEST_F(SpaceTest, passes_over_what_was_used_since_it_was_chosen) {
  auto space = make(100);
  for (auto name : {"a", "b", "c", "d"}) stock.add(name, 25);
  stock.before_remove = [&](const Candidate& file) {
    if (file.digest == sha256("a")) stock.kept.insert(file.digest);
  };
  ASSERT_TRUE(space.reserve(25));
  EXPECT_THAT(stock.removed, ElementsAre(sha256("b")));
}

TEST_F(SpaceTest, looks_at_all_blobs_once_for_many_reservations) {
  auto space = make(1000);
  for (int i = 0; i < 1000; ++i) stock.add(std::to_string(i), 1);
  std::vector<Reservation> kept;
  for (int i = 0; i < 50; ++i) {
    auto reserved = space.reserve(1);
    ASSERT_TRUE(reserved);
    kept.push_back(std::move(*reserved));
  }
  EXPECT_EQ(stock.removed.size(), 50U) << "no more goes than is needed";
  EXPECT_EQ(stock.looks, 1);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(stock.removed[static_cast<size_t>(i)], sha256(std::to_string(i)));
}

TEST_F(SpaceTest, chooses_anew_when_pins_have_changed) {
  auto space = make(100);
  for (auto name : {"a", "b", "c", "d"}) stock.add(name, 25);
  auto kept = space.reserve(1);
  stock.kept.insert(sha256("b"));
  space.choose_anew();
  auto more = space.reserve(25);
  EXPECT_THAT(stock.removed, ElementsAre(sha256("a"), sha256("c")));
}

TEST_F(SpaceTest, removes_nothing_when_it_cannot_know_what_is_pinned) {
  auto space = make(100);
  stock.add("a", 100);
  stock.broken = true;
  auto reserved = space.reserve(1);
  ASSERT_FALSE(reserved);
  EXPECT_EQ(reserved.error().code, ErrorCode::io);
  EXPECT_FALSE(space.collect(Collect::for_real, 50));
  EXPECT_THAT(stock.removed, IsEmpty());
}

TEST_F(SpaceTest, collects_down_to_the_limit) {
  auto space = make(0);
  for (auto name : {"a", "b", "c"}) stock.add(name, 30);
  stock.add_partial("p", 10);
  auto planned = space.collect(Collect::dry_run, 40);
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->bytes, 70U);
  EXPECT_THAT(stock.removed, IsEmpty());
  auto done = space.collect(Collect::for_real, 40);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->bytes, 70U);
  EXPECT_EQ(done->partials, planned->partials);
  EXPECT_EQ(done->blobs, planned->blobs);
  EXPECT_THAT(stock.removed, ElementsAre(sha256("p"), sha256("a"), sha256("b")));
  EXPECT_EQ(space.collect(Collect::for_real, 40)->bytes, 0U);
  EXPECT_EQ(space.collect(Collect::for_real)->bytes, 0U) << "there is no limit";
}

TEST_F(SpaceTest, says_how_far_above_the_limit_it_stays) {
  auto space = make(0);
  stock.add("a", 30);
  stock.add("b", 30);
  stock.kept.insert(sha256("a"));
  auto collected = space.collect(Collect::for_real, 10);
  ASSERT_TRUE(collected);
  EXPECT_EQ(collected->bytes, 30U);
  EXPECT_EQ(collected->short_by, 20U);
}

TEST_F(SpaceTest, makes_room_for_files_where_they_run_out) {
  auto space = make(0);
  for (int i = 0; i < 100; ++i) stock.add(std::to_string(i), 10);
  stock.add_partial("partial", 5);
  stock.kept.insert(sha256("0"));
  stock.files_left = 0;
  EXPECT_TRUE(space.make_room_for_files());
  ASSERT_EQ(stock.removed.size(), 64U);
  EXPECT_EQ(stock.removed[0], sha256("partial"));
  EXPECT_EQ(stock.removed[1], sha256("1"));
  EXPECT_EQ(stock.removed[63], sha256("63"));
  EXPECT_EQ(space.evicted().count, 64U);
}

TEST_F(SpaceTest, removes_nothing_for_files_that_are_not_missing) {
  auto space = make(0);
  stock.add("a", 10);
  for (auto files : {std::optional<uint64_t>(), std::optional<uint64_t>(1)}) {
    stock.files_left = files;
    EXPECT_FALSE(space.make_room_for_files());
  }
  EXPECT_THAT(stock.removed, IsEmpty());
  stock.files_left = 0;
  stock.empty_folders = 64;
  EXPECT_TRUE(space.make_room_for_files()) << "by the folders alone";
  EXPECT_THAT(stock.removed, IsEmpty());
  stock.files_left = 0;
  stock.kept.insert(sha256("a"));
  EXPECT_FALSE(space.make_room_for_files()) << "nothing may go";
}

}  // namespace
}  // namespace weir::cas
