// SPDX-License-Identifier: Apache-2.0
// Whole fetches from simulated sources.
#include <gmock/gmock.h>

#include "tests/unit/upstream/plan_simulator.h"

namespace weir::upstream {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using Manner = SimulatedSource::Manner;

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kGiB = 1 << 30;

SimulatedSource source_of(Trust trust, double rate, Manner manner = Manner::honest, uint64_t after = 0) {
  SimulatedSource source;
  source.plan.trust = trust;
  source.rate = rate;
  source.manner = manner;
  source.after = after;
  return source;
}

SimulatedSource trusted(double rate, Manner manner = Manner::honest, uint64_t after = 0) {
  return source_of(Trust::trusted, rate, manner, after);
}

SimulatedSource untrusted(double rate, Manner manner = Manner::honest, uint64_t after = 0) {
  return source_of(Trust::untrusted, rate, manner, after);
}

class SourcePlanSimTest : public testing::Test {
 protected:
  // A client reads the whole of a blob along.
  Outcome run(const std::vector<SimulatedSource>& sources, uint64_t size = kGiB, PlanOptions options = {}) {
    PlanSimulator simulator(options, size);
    for (const auto& source : sources) simulator.add(source);
    simulator.add(SimulatedClient{{0, size}});
    auto outcome = simulator.run(seconds(600));
    EXPECT_THAT(outcome.violations, IsEmpty());
    return outcome;
  }
};

double wasted_part(const Outcome& outcome, uint64_t size) {
  return static_cast<double>(outcome.wasted) / static_cast<double>(size);
}

TEST_F(SourcePlanSimTest, reaches_the_sum_of_trusted_sources) {
  auto outcome = run({trusted(20e6), trusted(50e6), trusted(50e6)});
  EXPECT_TRUE(outcome.complete);
  EXPECT_GE(outcome.rate, 0.9 * 120e6);
  EXPECT_LT(wasted_part(outcome, kGiB), 0.03);
}

TEST_F(SourcePlanSimTest, reaches_most_of_the_sum_of_untrusted_sources) {
  auto outcome = run({trusted(20e6), untrusted(50e6), untrusted(50e6)});
  EXPECT_TRUE(outcome.complete);
  EXPECT_GE(outcome.rate, 0.8 * 120e6);
  EXPECT_LT(outcome.longest_silence, 5);
  EXPECT_LT(wasted_part(outcome, kGiB), 0.03);
}

TEST_F(SourcePlanSimTest, has_the_origin_alone_at_its_rate) {
  auto outcome = run({trusted(50e6)});
  EXPECT_TRUE(outcome.complete);
  EXPECT_GE(outcome.rate, 0.98 * 50e6);
  EXPECT_LE(outcome.most_lanes[0], 2U);
  EXPECT_LT(wasted_part(outcome, kGiB), 0.01);
}

TEST_F(SourcePlanSimTest, has_one_transfer_of_an_origin_that_is_limited_to_it) {
  auto origin = trusted(50e6);
  origin.plan.ahead = 1;
  auto outcome = run({origin});
  EXPECT_EQ(outcome.starts[0], 1U);
  EXPECT_EQ(outcome.wasted, 0U);
}

TEST_F(SourcePlanSimTest, adds_connections_where_each_has_a_limit) {
  auto capped = trusted(100e6);
  capped.connection_rate = 10e6;
  capped.plan.connections = capped.plan.ahead = 16;
  auto outcome = run({capped});
  EXPECT_GE(outcome.most_lanes[0], 8U);
  EXPECT_GE(outcome.rate, 70e6);
  capped.plan.ahead = 1;
  EXPECT_LE(run({capped}).rate, 10e6);
}

TEST_F(SourcePlanSimTest, finishes_without_the_one_that_dies_at_the_end) {
  auto outcome = run({trusted(20e6), trusted(50e6, Manner::dies, kGiB * 41 / 100), trusted(50e6)});
  EXPECT_TRUE(outcome.complete);
  EXPECT_GE(outcome.rate, 0.8 * 110e6);
}

TEST_F(SourcePlanSimTest, goes_on_with_the_origin_when_the_only_other_dies_at_99_percent) {
  auto outcome = run({trusted(1e6), untrusted(100e6, Manner::dies, kGiB * 98 / 100)});
  EXPECT_TRUE(outcome.complete);
  EXPECT_LT(outcome.seconds, 11 + 25);
}

TEST_F(SourcePlanSimTest, leaves_no_last_piece_with_a_slow_source) {
  auto outcome = run({trusted(50e6), trusted(0.1e6)}, 256 * kMiB);
  EXPECT_TRUE(outcome.complete);
  EXPECT_GE(outcome.rate, 0.88 * 50e6);
  EXPECT_LT(wasted_part(outcome, 256 * kMiB), 0.03);
}

TEST_F(SourcePlanSimTest, hands_on_what_a_stalled_source_was_asked_for) {
  auto outcome = run({trusted(50e6), untrusted(50e6, Manner::stalls, 100 * kMiB)});
  EXPECT_TRUE(outcome.complete);
  EXPECT_LT(outcome.seconds, 1074 / 50.0 + 2);
}

TEST_F(SourcePlanSimTest, takes_the_blob_from_the_one_that_can_give_it) {
  for (auto manner : {Manner::absent, Manner::refuses, Manner::lies, Manner::ignores_range}) {
    auto outcome = run({trusted(20e6, manner), untrusted(50e6, manner), untrusted(40e6)}, 128 * kMiB);
    EXPECT_TRUE(outcome.complete);
    EXPECT_LT(outcome.seconds, 128 / 40.0 + 1.5);
    EXPECT_EQ(outcome.bytes[2], 128 * kMiB);
    EXPECT_LE(outcome.starts[0], 2U);
  }
}

TEST_F(SourcePlanSimTest, takes_the_whole_from_a_source_that_ignores_ranges_when_it_is_the_last) {
  auto outcome = run({trusted(20e6, Manner::dies, 10 * kMiB), untrusted(50e6, Manner::ignores_range)}, 64 * kMiB);
  EXPECT_TRUE(outcome.complete);
  EXPECT_LT(outcome.seconds, 8);
  outcome = run({trusted(20e6, Manner::ignores_range)}, 64 * kMiB);
  EXPECT_TRUE(outcome.complete);
  EXPECT_LE(outcome.starts[0], 3U);
  EXPECT_LT(outcome.seconds, 64 / 18.0 + 2);
}

TEST_F(SourcePlanSimTest, honours_retry_after) {
  auto busy = trusted(50e6, Manner::busy, 1);
  busy.retry_after = Duration(3'000);
  auto outcome = run({trusted(20e6), busy}, 256 * kMiB);
  EXPECT_TRUE(outcome.complete);
  EXPECT_GE(outcome.bytes[0], 60e6);
  EXPECT_GE(outcome.bytes[1], 100e6);
  outcome = run({busy}, 64 * kMiB);
  EXPECT_TRUE(outcome.complete);
  EXPECT_GE(outcome.seconds, 3);
  EXPECT_EQ(outcome.starts[0], 2U);
}

TEST_F(SourcePlanSimTest, fails_with_a_reason_when_all_stop) {
  auto outcome = run({trusted(20e6, Manner::dies, 10 * kMiB), untrusted(50e6, Manner::dies, 20 * kMiB),
                      untrusted(10e6, Manner::absent)},
                     256 * kMiB);
  EXPECT_FALSE(outcome.complete);
  ASSERT_TRUE(outcome.given_up);
  EXPECT_EQ(outcome.given_up->source, 0U);
  EXPECT_EQ(outcome.given_up->failure.kind, LaneFailure::Kind::interrupted);
  EXPECT_LT(outcome.starts[0] + outcome.starts[1], 40U);
  EXPECT_LT(outcome.looks, 500U);
}

TEST_F(SourcePlanSimTest, fails_within_the_patience_of_clients_when_nothing_came) {
  auto outcome = run({trusted(20e6, Manner::dies, 0)});
  ASSERT_TRUE(outcome.given_up);
  EXPECT_LT(outcome.seconds, 9);
  EXPECT_EQ(outcome.starts[0], 5U);
}

TEST_F(SourcePlanSimTest, loses_little_when_the_connections_of_a_source_are_reset) {
  PlanSimulator simulator({}, kGiB);
  for (auto rate : {20e6, 50e6, 50e6}) simulator.add(trusted(rate));
  simulator.add(SimulatedClient{{0, kGiB}});
  for (int second : {2, 4}) simulator.at(seconds(second), [](auto& running) { running.reset(1); });
  auto outcome = simulator.run(seconds(600));
  EXPECT_TRUE(outcome.complete);
  EXPECT_LT(outcome.seconds, 1074 / 120.0 / 0.9 + 1);
}

TEST_F(SourcePlanSimTest, lives_with_a_source_that_breaks_each_transfer_off) {
  auto outcome = run({trusted(20e6, Manner::resets, 3 * kMiB), untrusted(20e6, Manner::resets, 2 * kMiB)}, 64 * kMiB);
  EXPECT_TRUE(outcome.complete);
  EXPECT_LT(outcome.seconds, 60);
}

TEST_F(SourcePlanSimTest, uses_a_source_that_comes_later) {
  PlanSimulator simulator({}, kGiB);
  simulator.add(trusted(20e6));
  simulator.add(SimulatedClient{{0, kGiB}});
  simulator.at(Duration(2'000), [](auto& running) { running.add(trusted(80e6)); });
  auto outcome = simulator.run(seconds(600));
  EXPECT_THAT(outcome.violations, IsEmpty());
  EXPECT_TRUE(outcome.complete);
  EXPECT_LT(outcome.seconds, 2 + 1034 / 95.0);
}

}  // namespace
}  // namespace weir::upstream
