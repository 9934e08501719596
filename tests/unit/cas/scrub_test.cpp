// SPDX-License-Identifier: Apache-2.0
#include "cas/scrub.h"

#include <algorithm>
#include <thread>

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

class ScrubTest : public StoreTest {
 protected:
  ScrubTest() {
    options.root = root;
    options.scrub = 1 << 30;
    options.scrub_every = std::chrono::hours(24);
  }
  void SetUp() override {
    StoreTest::SetUp();
    for (int i = 0; i < 8; ++i) digests.push_back(put("text " + std::to_string(i)));
    std::sort(digests.begin(), digests.end());
  }
  uint64_t found(Verdict verdict) const { return store->verdicts()[static_cast<size_t>(verdict)]; }
  void wait_for_end_of_round() {
    auto deadline = monotonic_now() + std::chrono::seconds(30);
    while (text_of(root / "scrub").find("after") != std::string::npos) {
      ASSERT_LT(monotonic_now(), deadline);
      std::this_thread::sleep_for(Duration(1));
    }
  }

  Options options;
  std::vector<Sha256> digests;
};

TEST_F(ScrubTest, goes_on_where_it_was) {
  write_text(root / "scrub", format_scrub_state({wall_now(), digests[4]}));
  damage_keeping_size_and_mtime(object(digests[2]));
  damage_keeping_size_and_mtime(object(digests[6]));
  {
    Scrub scrub(*store, options);
    wait_for_end_of_round();
  }
  EXPECT_EQ(found(Verdict::right), 2U);
  EXPECT_EQ(found(Verdict::wrong), 1U);
  EXPECT_FALSE(store->has(digests[6]));
  EXPECT_TRUE(is_there(object(digests[2]))) << "its turn has not come";
  EXPECT_EQ(files_in(root / "quarantine"), 1U);
}

TEST_F(ScrubTest, begins_with_a_round_to_come) {
  { Scrub scrub(*store, options); }
  auto state = parse_scrub_state(text_of(root / "scrub"));
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->after);
  EXPECT_EQ(found(Verdict::right), 0U);
}

TEST_F(ScrubTest, remembers_its_place_when_it_is_stopped) {
  write_text(root / "scrub", format_scrub_state({wall_now(), digests[0]}));
  options.scrub = 1;  // so slow that it waits for its second blob's turn
  { Scrub scrub(*store, options); }
  auto state = parse_scrub_state(text_of(root / "scrub"));
  ASSERT_TRUE(state);
  EXPECT_TRUE(state->after);
}

TEST_F(ScrubTest, leaves_the_last_use_alone) {
  auto before = store->list();
  write_text(root / "scrub", format_scrub_state({WallTime{}, std::nullopt}));
  {
    Scrub scrub(*store, options);
    while (found(Verdict::right) < digests.size()) std::this_thread::sleep_for(Duration(1));
  }
  for (auto& blob : store->list())
    for (auto& old : before) EXPECT_TRUE(old.digest != blob.digest || old.last_use == blob.last_use);
}

TEST_F(ScrubTest, can_be_switched_off) {
  options.scrub = 0;
  { Scrub scrub(*store, options); }
  EXPECT_FALSE(is_there(root / "scrub"));
}

}  // namespace
}  // namespace weir::cas
