// SPDX-License-Identifier: Apache-2.0
#include "upstream/plan_lanes.h"

#include <algorithm>

#include "upstream/byte_ranges.h"

namespace weir::upstream {
namespace {

// A transfer that has been silent since its start says something about its source after so long.
constexpr Duration kFirstByte{1'000};

// What another transfer costs: a request, and often a connection.
constexpr double kStartSeconds = 0.2;
constexpr double kLeastSaving = 0.3;  // seconds
constexpr uint64_t kLeastShare = 256 << 10;
constexpr uint64_t kGrain = 64 << 10;

}  // namespace

void PlanLane::take(uint64_t count, MonotonicTime now) {
  heard = now;
  if (count == 0) return;
  if (!meter) meter.emplace(now);
  // What came first took the time before it.
  if (received > 0) meter->add(count, now);
  received += count;
  left.begin += std::min(count, left.size());
}

void PlanLane::resume(MonotonicTime now) {
  if (paused) heard = now;
  paused.reset();
}

std::optional<MonotonicTime> PlanLane::silent_at(Duration limit) const {
  if (!heard || paused) return std::nullopt;
  return *heard + limit;
}

std::optional<double> PlanLane::rate(MonotonicTime now) const {
  auto at = paused.value_or(now);
  if (meter && meter->knows(at)) return meter->rate(at);
  if (!meter && heard && at - *heard >= kFirstByte) return 0;
  return std::nullopt;
}

PlanLane& PlanLanes::add(const StartLane& start) {
  PlanLane lane;
  lane.id = start.lane;
  lane.source = start.source;
  lane.purpose = start.purpose;
  lane.left = start.range;
  return lanes_.emplace_back(lane);
}

void PlanLanes::remove(LaneId id) {
  std::erase_if(lanes_, [id](const auto& lane) { return lane.id == id; });
}

PlanLane* PlanLanes::find(LaneId id) {
  auto found = std::find_if(lanes_.begin(), lanes_.end(), [id](const auto& lane) { return lane.id == id; });
  return found == lanes_.end() ? nullptr : &*found;
}

const PlanLane* PlanLanes::over(uint64_t offset) const {
  auto found = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) { return lane.covers(offset); });
  return found == lanes_.end() ? nullptr : &*found;
}

size_t PlanLanes::filling(SourceId source) const {
  return static_cast<size_t>(std::count_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
    return lane.source == source && lane.purpose == StartLane::Purpose::fill;
  }));
}

size_t PlanLanes::delivering(SourceId source) const {
  return static_cast<size_t>(std::count_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) {
    return lane.source == source && lane.purpose == StartLane::Purpose::fill && lane.delivers();
  }));
}

size_t PlanLanes::of(SourceId source) const {
  return static_cast<size_t>(
      std::count_if(lanes_.begin(), lanes_.end(), [&](const auto& lane) { return lane.source == source; }));
}

bool PlanLanes::is_confirming() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane.purpose == StartLane::Purpose::confirm; });
}

std::vector<ByteRange> PlanLanes::uncovered(std::vector<ByteRange> ranges) const {
  for (const auto& lane : lanes_)
    if (!lane.left.empty()) ranges = without(ranges, lane.left);
  return ranges;
}

std::optional<uint64_t> split_point(ByteRange left, double rate, std::optional<double> helper_rate) {
  if (helper_rate && *helper_rate < 1) return std::nullopt;
  if (rate < 1) return left.begin;
  auto its_own_time = static_cast<double>(left.size()) / rate;
  auto share = (its_own_time - kStartSeconds) / (1 / rate + 1 / helper_rate.value_or(rate));
  if (share < static_cast<double>(kLeastShare) || share / rate < kLeastSaving) return std::nullopt;
  auto cut = left.end - static_cast<uint64_t>(share);
  cut += (kGrain - cut % kGrain) % kGrain;
  if (cut >= left.end) return std::nullopt;
  return cut - left.begin < kGrain ? left.begin : cut;
}

}  // namespace weir::upstream
