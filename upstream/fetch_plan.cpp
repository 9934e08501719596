// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_plan.h"

#include <algorithm>

namespace weir::upstream {
namespace {

const ByteRange* lane_over(const std::vector<ByteRange>& lanes, uint64_t offset) {
  auto found = std::find_if(lanes.begin(), lanes.end(),
                            [&](const auto& lane) { return lane.begin <= offset && offset < lane.end; });
  return found == lanes.end() ? nullptr : &*found;
}

// `range`, cut where the next lane begins.
ByteRange until_next_lane(ByteRange range, const std::vector<ByteRange>& lanes) {
  for (const auto& lane : lanes)
    if (lane.begin > range.begin && lane.begin < range.end) range.end = lane.begin;
  return range;
}

// The part of one missing run that needs a transfer of its own.
std::optional<ByteRange> uncovered(ByteRange run, const std::vector<ByteRange>& lanes) {
  while (!run.empty()) {
    const auto* lane = lane_over(lanes, run.begin);
    if (!lane) return until_next_lane(run, lanes);
    run.begin = std::min(lane->end, run.end);
  }
  return std::nullopt;
}

}  // namespace

std::optional<ByteRange> next_lane(const PlanInput& input) {
  if (input.lanes.size() >= input.max_lanes) return std::nullopt;
  for (const auto& want : input.wants) {
    auto runs = input.missing(want);
    if (runs.empty()) continue;
    // The client reads from the front: what it needs next must not wait for a transfer that is far from there.
    const auto* lane = lane_over(input.lanes, runs.front().begin);
    if (lane && runs.front().begin - lane->begin > kPatience)
      return ByteRange{runs.front().begin, std::min(lane->end, runs.front().end)};
    for (const auto& run : runs)
      if (auto found = uncovered(run, input.lanes)) return found;
  }
  return std::nullopt;
}

}  // namespace weir::upstream
