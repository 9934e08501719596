// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_plan.h"

#include <gmock/gmock.h>

#include <map>

#include "cas/block_map.h"
#include "upstream/byte_ranges.h"

namespace weir::upstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = LaneFailure::Kind;
using Purpose = StartLane::Purpose;
using Actions = std::vector<PlanAction>;

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kSize = 64 * kMiB;

// A plan for a blob of 64 MiB whose pieces are 8 MiB.
class SourcePlanTest : public testing::Test {
 protected:
  SourceId add(Trust trust, std::optional<std::vector<ByteRange>> holds = std::nullopt) {
    return plan_.add_source({trust, 8, 8, std::move(holds)});
  }

  // A client that wants a range, and has read to its frontier.
  void want(ByteRange range) { wants_.push_back({range, range.begin, now_}); }
  void hold(ByteRange range, Trust trust = Trust::trusted) {
    held_.add(range);
    if (trust == Trust::trusted) trusted_.add(range);
  }

  PlanNeeds needs() {
    for (auto& want : wants_)
      if (want.frontier) want.frontier = std::min(trusted_.held_from(*want.frontier), want.range.end);
    return {wants_, [this](ByteRange within) { return held_.missing(within); },
            [this](ByteRange within) {
              auto ranges = trusted_.missing(within);
              for (const auto& missing : held_.missing(within)) ranges = without(ranges, missing);
              return ranges;
            }};
  }

  // The transfers that are started begin at once.
  Actions look(Duration later = Duration(0)) {
    now_ += later;
    auto actions = plan_.actions(needs(), now_);
    for (const auto& action : actions)
      if (const auto* start = std::get_if<StartLane>(&action)) {
        plan_.on_started(start->lane, now_);
        lanes_[start->lane] = *start;
      }
    return actions;
  }

  // Bytes come for a transfer.
  void receive(LaneId id, uint64_t count) {
    auto& lane = lanes_.at(id);
    auto trust = lane.source == 0 ? Trust::trusted : Trust::untrusted;
    hold({lane.range.begin, lane.range.begin + count}, trust);
    lane.range.begin += count;
    plan_.on_bytes(id, count, now_);
  }
  void fill(LaneId id) {
    receive(id, lanes_.at(id).range.size());
    plan_.on_filled(id, now_);
  }
  void fail(LaneId id, Kind kind, std::optional<Duration> retry_after = std::nullopt) {
    plan_.on_failed(id, {kind, "It failed.", retry_after}, now_);
  }

  MonotonicTime now_ = MonotonicTime{} + std::chrono::hours(1);
  SourcePlan plan_{PlanOptions{}, kSize};
  std::vector<PlanWant> wants_;
  cas::BlockMap held_{kSize};
  cas::BlockMap trusted_{kSize};
  std::map<LaneId, StartLane> lanes_;
};

StartLane start(LaneId lane, SourceId source, ByteRange range, Purpose purpose = Purpose::fill) {
  return {lane, source, range, purpose, StartLane::Answer::part};
}

// --- wanted ranges

TEST_F(SourcePlanTest, asks_the_only_source_for_the_whole_at_once) {
  add(Trust::trusted);
  want({0, kSize});
  EXPECT_EQ(look(), (Actions{start(1, 0, {0, kSize})}));
  EXPECT_THAT(look(), IsEmpty());
  fill(1);
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_EQ(plan_.next_look(), std::nullopt);
}

TEST_F(SourcePlanTest, asks_for_nothing_that_is_there_and_for_nothing_unwanted) {
  add(Trust::trusted);
  hold({2 * kMiB, 3 * kMiB});
  want({kMiB, 5 * kMiB});
  EXPECT_EQ(look(), (Actions{start(1, 0, {kMiB, 2 * kMiB})}));
  fill(1);
  EXPECT_EQ(look(), (Actions{start(2, 0, {3 * kMiB, 5 * kMiB})}));
  EXPECT_TRUE(plan_.needs_transfer(needs(), {0, kMiB}));
  EXPECT_FALSE(plan_.needs_transfer(needs(), {2 * kMiB, 4 * kMiB})) << "it is there or on its way";
}

TEST_F(SourcePlanTest, gives_each_client_that_reads_elsewhere_a_transfer) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  want({40 * kMiB, 41 * kMiB});
  EXPECT_EQ(look(), (Actions{CutLane{1, 40 * kMiB}, start(2, 0, {40 * kMiB, 41 * kMiB})}));
}

TEST_F(SourcePlanTest, has_a_client_wait_for_a_transfer_that_is_near) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  want({4 * kMiB, 5 * kMiB});
  EXPECT_THAT(look(), IsEmpty());
}

TEST_F(SourcePlanTest, never_has_more_transfers_of_a_source_than_its_connections) {
  plan_.add_source({Trust::trusted, 3, 3, std::nullopt});
  for (uint64_t i = 0; i < 6; ++i) want({i * 10 * kMiB, i * 10 * kMiB + kMiB});
  EXPECT_THAT(look(), SizeIs(3));
  EXPECT_THAT(look(), IsEmpty());
}

TEST_F(SourcePlanTest, never_has_more_transfers_than_connections_in_all) {
  PlanOptions options;
  options.max_connections = 2;
  SourcePlan plan(options, kSize);
  for (int i = 0; i < 4; ++i) plan.add_source({Trust::trusted, 8, 8, std::nullopt});
  want({0, kSize});
  EXPECT_THAT(plan.actions(needs(), now_), SizeIs(2));
}

TEST_F(SourcePlanTest, ends_what_nobody_wants_any_more_at_the_end_of_a_block) {
  add(Trust::trusted);
  want({0, 8 * kMiB});
  want({32 * kMiB, 40 * kMiB});
  look();
  receive(1, kMiB / 2);
  wants_.clear();
  EXPECT_EQ(look(), (Actions{CutLane{1, kMiB}, StopLane{2}}));
}

// --- several sources

TEST_F(SourcePlanTest, shares_pieces_in_order_among_sources) {
  for (int i = 0; i < 3; ++i) add(Trust::trusted);
  want({0, kSize});
  EXPECT_EQ(look(), (Actions{start(1, 0, {0, 8 * kMiB}), start(2, 1, {8 * kMiB, 16 * kMiB}),
                             start(3, 2, {16 * kMiB, 24 * kMiB})}));
  fill(2);
  EXPECT_EQ(look(), (Actions{start(4, 1, {24 * kMiB, 31 * kMiB})})) << "smaller towards the end";
}

TEST_F(SourcePlanTest, gives_what_a_client_waits_for_to_a_trusted_source) {
  add(Trust::untrusted);
  add(Trust::trusted);
  want({0, kSize});
  EXPECT_EQ(look(), (Actions{start(1, 1, {0, 8 * kMiB}), start(2, 0, {8 * kMiB, 16 * kMiB})}));
}

TEST_F(SourcePlanTest, leaves_what_a_client_reads_next_to_a_trusted_source_that_is_busy) {
  plan_.add_source({Trust::trusted, 1, 1, std::nullopt});
  add(Trust::untrusted);
  want({32 * kMiB, 40 * kMiB});
  want({0, kSize});
  EXPECT_EQ(look(), (Actions{start(1, 0, {32 * kMiB, 40 * kMiB}), start(2, 1, {8 * kMiB, 16 * kMiB})}));
  fill(2);
  EXPECT_EQ(look(), (Actions{start(3, 1, {16 * kMiB, 24 * kMiB})}));
  hold({40 * kMiB, kSize}, Trust::untrusted);
  hold({24 * kMiB, 32 * kMiB}, Trust::untrusted);
  fill(3);
  EXPECT_EQ(look(), (Actions{start(4, 1, {0, 2 * kMiB})})) << "there is nothing else to do";
}

TEST_F(SourcePlanTest, helps_a_slow_source_that_a_client_waits_for) {
  add(Trust::trusted);
  add(Trust::untrusted);
  want({0, kSize});
  look();
  for (int i = 0; i < 10; ++i) {
    now_ += Duration(100);
    receive(1, 10'000);
    receive(2, 800'000);
  }
  fill(2);
  auto actions = look();
  ASSERT_THAT(actions, SizeIs(2));
  auto cut = std::get<CutLane>(actions[0]);
  EXPECT_EQ(cut.lane, 1U);
  EXPECT_EQ(actions[1], PlanAction(start(3, 1, {cut.end, 8 * kMiB}))) << "though there are pieces ahead";
}

TEST_F(SourcePlanTest, asks_a_source_only_for_what_it_holds) {
  add(Trust::trusted, {{{16 * kMiB, 20 * kMiB}}});
  want({0, kSize});
  auto whole = add(Trust::trusted);
  EXPECT_EQ(look(), (Actions{start(1, whole, {0, 8 * kMiB}), start(2, 0, {16 * kMiB, 20 * kMiB})}));
  fill(2);
  EXPECT_THAT(look(), IsEmpty());
  plan_.set_holds(0, {{16 * kMiB, 30 * kMiB}});
  EXPECT_EQ(look(), (Actions{start(3, 0, {20 * kMiB, 24 * kMiB})}));
}

// It cannot vouch for what it has not got.
TEST_F(SourcePlanTest, does_not_count_on_a_trusted_source_for_what_it_does_not_hold) {
  add(Trust::trusted);
  add(Trust::untrusted);
  add(Trust::trusted, {{{0, 8 * kMiB}}});
  want({32 * kMiB, 33 * kMiB});
  EXPECT_EQ(look(), (Actions{start(1, 0, {32 * kMiB, 33 * kMiB})}));
  fail(1, Kind::absent);
  EXPECT_EQ(look(), (Actions{start(2, 1, {32 * kMiB, 33 * kMiB})}));
  EXPECT_FALSE(plan_.has_trusted());
}

TEST_F(SourcePlanTest, gives_up_where_a_part_is_there_that_nobody_vouches_for) {
  add(Trust::trusted);
  hold({32 * kMiB, 33 * kMiB}, Trust::untrusted);
  want({32 * kMiB, 33 * kMiB});
  ASSERT_THAT(look(), SizeIs(1));
  fail(1, Kind::refused);
  auto actions = look();
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(std::get<GiveUp>(actions[0]).failure.kind, Kind::refused);
}

TEST_F(SourcePlanTest, uses_one_that_gives_only_the_whole_beside_one_that_has_a_part) {
  add(Trust::trusted);
  add(Trust::trusted, {{{0, 8 * kMiB}}});
  hold({0, 8 * kMiB});
  want({0, kSize});
  ASSERT_THAT(look(), SizeIs(1));
  fail(1, Kind::ignores_range);
  auto actions = look();
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(std::get<StartLane>(actions[0]).answer, StartLane::Answer::whole_too);
}

TEST_F(SourcePlanTest, cuts_the_long_transfer_of_a_source_that_was_alone) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  auto second = add(Trust::trusted);
  EXPECT_EQ(look(), (Actions{CutLane{1, 8 * kMiB}, start(2, second, {8 * kMiB, 16 * kMiB})}));
}

TEST_F(SourcePlanTest, takes_what_a_source_holds_out_of_a_long_transfer) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  auto part = add(Trust::trusted, {{{9 * kMiB, 13 * kMiB}, {20 * kMiB + 5, 30 * kMiB}}});
  EXPECT_EQ(look(), (Actions{CutLane{1, 21 * kMiB}, start(2, part, {21 * kMiB, 24 * kMiB})}))
      << "its other run is shorter than a piece";
  lanes_.at(1).range.end = 21 * kMiB;
  fill(1);
  EXPECT_EQ(look(), (Actions{start(3, 0, {24 * kMiB, 32 * kMiB})}));
}

TEST_F(SourcePlanTest, hands_the_end_of_a_slow_transfer_to_a_fast_source) {
  add(Trust::trusted);
  add(Trust::trusted);
  hold({16 * kMiB, kSize});
  want({0, kSize});
  auto begun = look();
  ASSERT_THAT(begun, SizeIs(2));
  ASSERT_EQ(std::get<StartLane>(begun[1]).source, 1U);
  uint64_t slow_end = std::get<StartLane>(begun[1]).range.end;
  for (int i = 0; i < 10; ++i) {
    now_ += Duration(100);
    receive(1, 400'000);
    receive(2, 10'000);
  }
  hold({slow_end, kSize});
  fill(1);
  auto actions = look();
  ASSERT_THAT(actions, SizeIs(2));
  auto cut = std::get<CutLane>(actions[0]);
  EXPECT_EQ(cut.lane, 2U);
  EXPECT_LT(cut.end - lanes_.at(2).range.begin, kMiB / 4);
  EXPECT_EQ(actions[1], PlanAction(start(3, 0, {cut.end, slow_end})));
}

// --- trouble

TEST_F(SourcePlanTest, hands_on_the_piece_of_a_stalled_transfer) {
  add(Trust::trusted);
  add(Trust::untrusted);
  want({0, kSize});
  look();
  receive(1, kMiB);
  receive(2, kMiB);
  for (int i = 0; i < 9; ++i) {
    now_ += Duration(1'000);
    receive(1, 1'000);
  }
  EXPECT_LE(plan_.next_look(), now_ + Duration(1'000));
  auto actions = look(Duration(1'000));
  ASSERT_THAT(actions, testing::Contains(PlanAction(StopLane{2})));
  EXPECT_FALSE(plan_.needs_transfer(needs(), {0, 2 * kMiB}));
}

TEST_F(SourcePlanTest, takes_no_transfer_for_stalled_that_is_paused) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  receive(1, kMiB);
  plan_.on_paused(1, now_);
  EXPECT_THAT(look(Duration(30'000)), IsEmpty());
  plan_.on_resumed(1, now_);
  EXPECT_THAT(look(Duration(9'000)), IsEmpty());
  EXPECT_EQ(look(Duration(1'000)).front(), PlanAction(StopLane{1}));
}

TEST_F(SourcePlanTest, waits_for_the_first_byte_of_the_only_source) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  EXPECT_THAT(look(Duration(30'000)), IsEmpty());
}

TEST_F(SourcePlanTest, tries_again_where_it_was_interrupted) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  receive(1, kMiB);
  fail(1, Kind::interrupted);
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_EQ(plan_.next_look(), now_ + Duration(500));
  EXPECT_EQ(look(Duration(500)), (Actions{start(2, 0, {kMiB, kSize})}));
}

TEST_F(SourcePlanTest, leaves_a_source_alone_as_long_as_it_asks_for) {
  add(Trust::trusted);
  auto busy = add(Trust::trusted);
  want({0, kSize});
  look();
  fail(2, Kind::busy, Duration(30'000));
  receive(1, kMiB);
  look();
  for (int i = 0; i < 29; ++i) {
    now_ += Duration(1'000);
    receive(1, 1'000);
    for (const auto& action : look()) {
      const auto* begun = std::get_if<StartLane>(&action);
      EXPECT_FALSE(begun && begun->source == busy);
    }
  }
  now_ += Duration(1'000);
  receive(1, 1'000);
  auto actions = look();
  ASSERT_FALSE(actions.empty());
  EXPECT_EQ(std::get<StartLane>(actions.back()).source, busy);
}

TEST_F(SourcePlanTest, gives_up_with_the_reason_when_no_source_is_left) {
  add(Trust::trusted);
  add(Trust::untrusted);
  want({0, kSize});
  look();
  fail(2, Kind::absent);
  fail(1, Kind::busy, Duration(60'000));
  EXPECT_EQ(look(), (Actions{GiveUp{0, {Kind::busy, "It failed.", Duration(60'000)}}}));
}

TEST_F(SourcePlanTest, stops_the_last_transfer_before_it_gives_up) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  plan_.leave_out(0, {Kind::refused, "It is switched off.", std::nullopt});
  EXPECT_EQ(look(), (Actions{StopLane{1}, GiveUp{0, {Kind::refused, "It is switched off.", std::nullopt}}}));
}

TEST_F(SourcePlanTest, gives_up_when_the_sources_hold_other_parts) {
  add(Trust::trusted, {{{0, 8 * kMiB}}});
  want({0, kSize});
  look();
  fill(1);
  auto actions = look();
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(std::get<GiveUp>(actions[0]).failure.kind, Kind::absent);
}

TEST_F(SourcePlanTest, waits_for_a_source_that_its_owner_holds) {
  add(Trust::trusted);
  want({0, kSize});
  plan_.hold(0);
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_EQ(plan_.next_look(), std::nullopt);
  plan_.readmit(0);
  EXPECT_THAT(look(), SizeIs(1));
}

TEST_F(SourcePlanTest, stops_the_transfers_of_a_source_that_is_left_out) {
  add(Trust::trusted);
  add(Trust::untrusted);
  want({0, kSize});
  look();
  plan_.leave_out(1, {Kind::contradicts, "It lied.", std::nullopt});
  EXPECT_EQ(look().front(), PlanAction(StopLane{2}));
  plan_.readmit(1);
  auto actions = look();
  ASSERT_FALSE(actions.empty());
  EXPECT_EQ(std::get<StartLane>(actions.back()).source, 1U);
}

TEST_F(SourcePlanTest, ignores_events_of_transfers_that_are_gone) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  plan_.on_dropped(1);
  plan_.on_bytes(1, 5, now_);
  plan_.on_filled(1, now_);
  fail(1, Kind::absent);
  EXPECT_EQ(look(), (Actions{start(2, 0, {0, kSize})}));
}

// --- trust

class SourcePlanTrustTest : public SourcePlanTest {
 protected:
  // A client has read to 8 MiB, where untrusted bytes begin.
  void SetUp() override {
    add(Trust::trusted);
    hold({0, 8 * kMiB});
    hold({8 * kMiB, kSize - kMiB}, Trust::untrusted);
    want({0, kSize});
  }
};

TEST_F(SourcePlanTrustTest, confirms_a_little_for_a_client_that_got_nothing_for_a_while) {
  EXPECT_EQ(look(), (Actions{start(1, 0, {kSize - kMiB, kSize})})) << "it may wait";
  EXPECT_EQ(look(Duration(3'500)), (Actions{start(2, 0, {8 * kMiB, 8 * kMiB + 65536}, Purpose::confirm)}));
  EXPECT_THAT(look(Duration(100)), IsEmpty()) << "one at a time";
  fill(2);
  wants_[0].last_byte = now_;
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_LE(plan_.next_look(), now_ + Duration(3'500));
  EXPECT_EQ(look(Duration(3'500)).front(),
            PlanAction(start(3, 0, {8 * kMiB + 65536, 8 * kMiB + 131072}, Purpose::confirm)));
}

TEST_F(SourcePlanTrustTest, confirms_nothing_without_a_trusted_source) {
  plan_.leave_out(0, {Kind::refused, "It is switched off.", std::nullopt});
  add(Trust::untrusted);
  EXPECT_EQ(look(Duration(4'000)), (Actions{start(1, 1, {kSize - kMiB, kSize})}));
}

TEST_F(SourcePlanTrustTest, brings_untrusted_bytes_again_where_nobody_wants_the_whole) {
  wants_.clear();
  want({16 * kMiB, 20 * kMiB});
  EXPECT_EQ(look(), (Actions{start(1, 0, {16 * kMiB, 20 * kMiB}, Purpose::confirm)}));
}

TEST_F(SourcePlanTest, asks_no_untrusted_source_where_nobody_wants_the_whole) {
  add(Trust::trusted);
  add(Trust::untrusted);
  want({0, 32 * kMiB});
  for (const auto& action : look()) EXPECT_EQ(std::get<StartLane>(action).source, 0U);
  plan_.leave_out(0, {Kind::refused, "It is switched off.", std::nullopt});
  auto actions = look();
  ASSERT_FALSE(actions.empty());
  EXPECT_EQ(std::get<StartLane>(actions.back()).source, 1U) << "better than nothing";
}

// --- when the digest was wrong

class SourcePlanDoubtTest : public SourcePlanTest {
 protected:
  Actions doubt() {
    auto all = needs();
    all.doubt = PlanNeeds::Doubt::yes;
    return plan_.actions(all, now_);
  }
};

TEST_F(SourcePlanDoubtTest, has_a_trusted_source_bring_again_what_is_untrusted) {
  add(Trust::trusted);
  add(Trust::untrusted);
  want({0, kSize});
  hold({0, kSize}, Trust::untrusted);
  trusted_.add({0, 8 * kMiB});
  auto actions = doubt();
  ASSERT_THAT(actions, SizeIs(1)) << "the untrusted one has nothing to do";
  EXPECT_EQ(actions[0], PlanAction(start(1, 0, {8 * kMiB, 16 * kMiB}, Purpose::confirm)));
}

TEST_F(SourcePlanDoubtTest, waits_for_a_trusted_source_that_is_to_be_left_alone_for_a_moment) {
  add(Trust::trusted);
  add(Trust::untrusted);
  want({0, kSize});
  hold({0, kSize}, Trust::untrusted);
  doubt();
  fail(1, Kind::interrupted);
  EXPECT_THAT(doubt(), IsEmpty()) << "the untrusted one cannot help";
  now_ += Duration(1'000);
  EXPECT_THAT(doubt(), SizeIs(1));
}

TEST_F(SourcePlanDoubtTest, asks_nobody_for_it_without_a_trusted_source) {
  add(Trust::trusted);
  add(Trust::untrusted);
  want({0, kSize});
  hold({0, kSize}, Trust::untrusted);
  plan_.leave_out(0, {Kind::absent, "It has not got it.", std::nullopt});
  EXPECT_THAT(doubt(), IsEmpty());
  EXPECT_FALSE(plan_.has_trusted());
}

// --- what the owner changes

TEST_F(SourcePlanTest, may_let_a_source_run_further_ahead) {
  plan_.add_source({Trust::trusted, 4, 1, std::nullopt});
  want({0, kSize});
  auto transfers = [this] { return std::count_if(lanes_.begin(), lanes_.end(), [](const auto&) { return true; }); };
  auto run = [this](int ticks) {
    for (int tick = 0; tick < ticks; ++tick) {
      for (auto& [id, lane] : lanes_)
        if (!lane.range.empty()) receive(id, std::min<uint64_t>(256 << 10, lane.range.size()));
      look(Duration(25));
    }
  };
  look();
  run(80);
  EXPECT_EQ(transfers(), 1);
  plan_.set_ahead(0, 4);
  run(80);
  EXPECT_GT(transfers(), 1);
}

TEST_F(SourcePlanTest, waits_longer_for_a_source_that_no_other_can_stand_in_for) {
  PlanOptions options;
  options.lone_stall_timeout = Duration(60'000);
  SourcePlan plan(options, kSize);
  plan.add_source({Trust::trusted, 1, 1, std::nullopt});
  want({0, kSize});
  plan.actions(needs(), now_);
  plan.on_started(1, now_);
  plan.on_bytes(1, 1000, now_);
  now_ += Duration(59'000);
  EXPECT_THAT(plan.actions(needs(), now_), IsEmpty());
  plan.add_source({Trust::trusted, 1, 1, std::nullopt});
  EXPECT_THAT(plan.actions(needs(), now_), testing::Contains(PlanAction(StopLane{1})));
}

TEST_F(SourcePlanTest, counts_a_range_far_behind_a_transfer_as_one_to_be_asked_for) {
  add(Trust::trusted);
  want({0, kSize});
  look();
  EXPECT_FALSE(plan_.needs_transfer(needs(), {4 * kMiB, 5 * kMiB}));
  EXPECT_TRUE(plan_.needs_transfer(needs(), {40 * kMiB, 41 * kMiB}));
}

}  // namespace
}  // namespace weir::upstream
