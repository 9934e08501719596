// SPDX-License-Identifier: Apache-2.0
// Fetches from random sources for random clients, the same ones each time.
#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "tests/unit/upstream/plan_simulator.h"

namespace weir::upstream {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using Manner = SimulatedSource::Manner;

constexpr uint64_t kMiB = 1 << 20;

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  uint64_t between(uint64_t least, uint64_t most) {
    return std::uniform_int_distribution<uint64_t>(least, most)(engine_);
  }
  bool one_in(uint64_t chances) { return between(1, chances) == 1; }
  // As many small ones as large ones.
  double scaled(double least, double most) {
    return least * std::pow(most / least, std::uniform_real_distribution<double>(0, 1)(engine_));
  }

 private:
  std::mt19937_64 engine_;
};

SimulatedSource honest_source(Dice& dice) {
  SimulatedSource source;
  source.plan.trust = dice.one_in(2) ? Trust::trusted : Trust::untrusted;
  source.plan.connections = dice.between(1, 12);
  source.plan.ahead = dice.one_in(4) ? 1 : source.plan.connections;
  source.rate = dice.scaled(0.3e6, 100e6);
  source.latency = Duration(static_cast<int64_t>(dice.scaled(5, 200)));
  if (dice.one_in(3)) source.connection_rate = dice.scaled(1e6, 20e6);
  return source;
}

SimulatedSource any_source(Dice& dice, uint64_t size) {
  auto source = honest_source(dice);
  source.manner = static_cast<Manner>(dice.between(0, static_cast<uint64_t>(Manner::resets)));
  source.after = source.manner == Manner::busy ? dice.between(1, 10) : dice.between(0, size);
  if (dice.one_in(2)) source.retry_after = Duration(dice.between(0, 20'000));
  if (dice.one_in(3)) {
    auto begin = dice.between(0, size - 1);
    source.plan.holds = {{begin, dice.between(begin + 1, size)}};
  }
  return source;
}

PlanOptions any_options(Dice& dice) {
  PlanOptions options;
  options.max_connections = dice.between(6, 20);  // one for each source, and one more
  options.piece_size = dice.between(4, 16) * kMiB;
  return options;
}

void add_clients(PlanSimulator& simulator, Dice& dice, uint64_t size) {
  simulator.add(SimulatedClient{{0, size}});
  for (auto more = dice.between(0, 4); more > 0; --more) {
    auto begin = dice.between(0, size - 1);
    SimulatedClient client{{begin, dice.between(begin + 1, size)}, Duration(dice.between(0, 5'000))};
    if (dice.one_in(3)) client.leaves = client.joins + Duration(dice.between(1, 5'000));
    simulator.add(client);
  }
}

class SourcePlanRandomTest : public testing::TestWithParam<uint64_t> {
 protected:
  size_t starts(const Outcome& outcome) {
    size_t all = 0;
    for (const auto& [source, count] : outcome.starts) all += count;
    return all;
  }

  Dice dice_{GetParam()};
};

TEST_P(SourcePlanRandomTest, wastes_little_of_what_honest_sources_give) {
  auto size = dice_.between(64 * kMiB, 512 * kMiB);
  PlanSimulator simulator(any_options(dice_), size);
  double best = 0;
  for (auto sources = dice_.between(1, 5); sources > 0; --sources) {
    auto source = honest_source(dice_);
    best = std::max(best, std::min(source.rate, source.connection_rate));
    simulator.add(source);
  }
  simulator.add(SimulatedClient{{0, size}});
  auto outcome = simulator.run(seconds(3'000));
  EXPECT_THAT(outcome.violations, IsEmpty());
  EXPECT_TRUE(outcome.complete);
  EXPECT_LT(static_cast<double>(outcome.wasted), 0.03 * static_cast<double>(size));
  EXPECT_LT(outcome.seconds, static_cast<double>(size) / best * 1.1 + 3);
}

TEST_P(SourcePlanRandomTest, brings_the_blob_if_one_source_can_give_it) {
  auto size = dice_.between(1, 128 * kMiB);
  PlanSimulator simulator(any_options(dice_), size);
  auto honest = dice_.between(0, 4);
  for (uint64_t i = 0; i < 5; ++i) simulator.add(i == honest ? honest_source(dice_) : any_source(dice_, size));
  add_clients(simulator, dice_, size);
  if (dice_.one_in(2)) simulator.hold_at_start({0, dice_.between(0, size - 1)}, Trust::untrusted);
  for (auto resets = dice_.between(0, 3); resets > 0; --resets)
    simulator.at(Duration(dice_.between(0, 5'000)), [id = dice_.between(0, 4)](auto& running) { running.reset(id); });
  auto outcome = simulator.run(seconds(3'000));
  EXPECT_THAT(outcome.violations, IsEmpty());
  EXPECT_TRUE(outcome.complete);
  EXPECT_FALSE(outcome.given_up);
  EXPECT_LT(starts(outcome), 100 + 6 * size / kMiB);
  EXPECT_LT(outcome.looks, 200 + 10 * starts(outcome) + static_cast<size_t>(outcome.seconds * 20));
}

TEST_P(SourcePlanRandomTest, brings_ranges_to_clients) {
  auto size = dice_.between(kMiB, 128 * kMiB);
  PlanSimulator simulator(any_options(dice_), size);
  auto honest = honest_source(dice_);
  honest.plan.trust = Trust::trusted;
  simulator.add(honest);
  for (uint64_t i = 0; i < 3; ++i) simulator.add(any_source(dice_, size));
  simulator.want_whole(false);
  if (dice_.one_in(2)) simulator.hold_at_start({0, dice_.between(0, size - 1)}, Trust::untrusted);
  for (auto clients = dice_.between(1, 5); clients > 0; --clients) {
    auto begin = dice_.between(1, size - 1);
    simulator.add(SimulatedClient{{begin, dice_.between(begin + 1, size)}, Duration(dice_.between(0, 3'000))});
  }
  auto outcome = simulator.run(seconds(3'000));
  EXPECT_THAT(outcome.violations, IsEmpty());
  EXPECT_TRUE(outcome.complete);
  EXPECT_LT(starts(outcome), 100 + 6 * size / kMiB);
}

TEST_P(SourcePlanRandomTest, gives_up_where_no_source_can_give_it) {
  auto size = dice_.between(2, 64 * kMiB);
  PlanSimulator simulator(any_options(dice_), size);
  for (auto sources = dice_.between(1, 4); sources > 0; --sources) {
    auto source = any_source(dice_, size);
    source.plan.holds = {{0, size / 2}};
    simulator.add(source);
  }
  add_clients(simulator, dice_, size);
  auto outcome = simulator.run(seconds(3'000));
  EXPECT_THAT(outcome.violations, IsEmpty());
  EXPECT_FALSE(outcome.complete);
  ASSERT_TRUE(outcome.given_up);
  EXPECT_FALSE(outcome.given_up->failure.reason.empty());
  EXPECT_LT(starts(outcome), 100 + 6 * size / kMiB);
}

INSTANTIATE_TEST_SUITE_P(, SourcePlanRandomTest, testing::Range<uint64_t>(1, 26));

}  // namespace
}  // namespace weir::upstream
