// SPDX-License-Identifier: Apache-2.0
// The transfers of a fetch as its plan knows them: where each one is and how fast.  No two of them are to bring the
// same byte.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/byte_range.h"
#include "upstream/plan_types.h"
#include "upstream/rate_meter.h"

namespace weir::upstream {

struct PlanLane {
  LaneId id = 0;
  SourceId source = 0;
  StartLane::Purpose purpose = StartLane::Purpose::fill;
  ByteRange left;                       // from the next byte to the end
  uint64_t received = 0;                // bytes
  std::optional<MonotonicTime> heard;   // its latest byte or, before that, its start
  std::optional<MonotonicTime> paused;  // since when its owner does not read from it
  std::optional<RateMeter> meter;       // from the first byte on

  bool covers(uint64_t offset) const { return left.begin <= offset && offset < left.end; }
  bool delivers() const { return received > 0; }
  void take(uint64_t count, MonotonicTime now);
  // It goes on to be read from: the pause does not count as silence.
  void resume(MonotonicTime now);
  // When it will have been silent for `limit`; nothing: it is not expected to bring anything.
  std::optional<MonotonicTime> silent_at(Duration limit) const;
  // Bytes a second; nothing while it is too young to tell.
  std::optional<double> rate(MonotonicTime now) const;
};

class PlanLanes {
 public:
  PlanLane& add(const StartLane& start);
  void remove(LaneId id);

  // Null: there is none.
  PlanLane* find(LaneId id);
  const PlanLane* over(uint64_t offset) const;
  const std::vector<PlanLane>& all() const { return lanes_; }
  std::vector<PlanLane>& all() { return lanes_; }

  size_t count() const { return lanes_.size(); }
  // Those of a source that fill, and how many of these deliver.
  size_t filling(SourceId source) const;
  size_t delivering(SourceId source) const;
  size_t of(SourceId source) const;
  bool is_confirming() const;
  // The parts of `ranges` that none of them is to bring.
  std::vector<ByteRange> uncovered(std::vector<ByteRange> ranges) const;

 private:
  std::vector<PlanLane> lanes_;
};

// Where a transfer is cut so that another source brings the rest and both are done at the same time: its first byte
// when it brings nothing itself.  Nothing: that would not pay.  Rates are bytes a second; no `helper_rate`: it is taken
// for as fast.
std::optional<uint64_t> split_point(ByteRange left, double rate, std::optional<double> helper_rate);

}  // namespace weir::upstream
