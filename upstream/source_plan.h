// SPDX-License-Identifier: Apache-2.0
// Decides which bytes of a blob are asked of which source: one for each fetch.  First what clients wait for, from
// trusted sources where it can be, then ahead in order; as many transfers of each source as pay; what a source does not
// give is handed on to the others.  Pure: events in, actions out, time an argument; lives on no thread.
//
// Invariants: no two transfers bring the same byte; never more of them than the limits of connections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "upstream/lane_count.h"
#include "upstream/plan_lanes.h"
#include "upstream/plan_types.h"
#include "upstream/rate_meter.h"
#include "upstream/source_standing.h"

namespace weir::upstream {

class SourcePlan {
 public:
  // `size`: of the blob, in bytes.
  SourcePlan(const PlanOptions& options, uint64_t size) : options_(options), size_(size) {}

  // Where two can give the same, the earlier one is preferred until their speeds are known.
  SourceId add_source(const PlanSource& source);
  void set_holds(SourceId source, std::vector<ByteRange> holds);
  // See PlanSource.
  void set_ahead(SourceId source, size_t ahead);
  // It is not used any more, and its transfers are stopped, until readmit().
  void leave_out(SourceId source, LaneFailure reason);
  bool is_left_out(SourceId source) const { return sources_[source].dismissed; }
  // It gets no new transfers until readmit() or, if that is set, `until`; it is waited for.
  void hold(SourceId source, std::optional<MonotonicTime> until = std::nullopt);
  // It is held no longer; if it was out, it is as good as new.
  void readmit(SourceId source);

  // Events of the transfers that actions() started.  Ones that it does not know (any more) are ignored.
  // The request goes out: silence counts from here on.
  void on_started(LaneId lane, MonotonicTime now);
  // So many bytes of its range came; 0: others, which are of no use.
  void on_bytes(LaneId lane, uint64_t count, MonotonicTime now);
  // Its owner does not read from it, or does so again.
  void on_paused(LaneId lane, MonotonicTime now);
  void on_resumed(LaneId lane, MonotonicTime now);
  void on_filled(LaneId lane, MonotonicTime now);
  void on_failed(LaneId lane, LaneFailure failure, MonotonicTime now);
  // Its owner has ended it, or never begun it, for a reason of its own.
  void on_dropped(LaneId lane);

  // What is to be done now, in this order.  To be asked after each event but on_bytes(), and when next_look() comes.
  // A GiveUp is the last one; the plan may be asked again after it.
  std::vector<PlanAction> actions(const PlanNeeds& needs, MonotonicTime now);
  // When to ask without an event, as of the latest actions(); nothing: only an event changes anything.
  std::optional<MonotonicTime> next_look() const { return next_look_; }

  // Whether a part of `range` is neither there nor on its way, or its first byte is far behind a transfer's place.
  bool needs_transfer(const PlanNeeds& needs, ByteRange range) const;
  // Whether a trusted source may give more, as of the latest actions().
  bool has_trusted() const { return trusted_in_play(); }

 private:
  struct Source {
    SourceId id;
    PlanSource given;
    SourceStanding standing;
    LaneCount count;
    std::optional<RateMeter> meter;   // since it had no transfer
    std::optional<double> lane_rate;  // of one of its transfers, bytes a second
    bool dismissed = false;           // left out by the owner
  };
  // A want with what it lacks.
  struct Need {
    PlanWant want;
    std::vector<ByteRange> missing;    // ascending
    std::vector<ByteRange> untrusted;  // to be had again although it is there, ascending: see weigh()
    std::vector<ByteRange> lacking;    // both, ascending
    std::optional<uint64_t> awaited;   // what its client reads next, if that is lacking
  };

  void weigh(const PlanNeeds& needs);
  Need weighed(const PlanNeeds& needs, const PlanWant& want) const;
  // Each adds to actions_.
  void stop_dismissed();
  void trim_unwanted();
  void stop_silent();
  void serve_frontiers();
  void confirm(const PlanNeeds& needs);
  void run_ahead();
  void give_up_if_hopeless(const PlanNeeds& needs);
  bool adjust_counts();
  void learn_rate(Source& source, MonotonicTime now) const;
  void set_next_look(const PlanNeeds& needs);

  void serve_frontier(const Need& need);
  bool advance(const Source& source);
  bool rescue(const Source& source);
  bool take_next(const Source& source);
  bool take_next_of(const Need& need, const Source& source, uint64_t from);
  bool help(const Source& source);
  bool steal(const Source& source, const PlanLane& lane);
  bool take_part(const Source& source, const PlanLane& lane);
  void start(const Source& source, ByteRange range, StartLane::Purpose purpose);
  void cut(LaneId lane, uint64_t end);
  void stop(LaneId lane);

  const Source* frontier_source(uint64_t offset) const;
  const Source* next_idle(const std::vector<bool>& exhausted) const;
  bool is_usable(const Source& source) const;
  bool is_in_play(const Source& source) const;
  bool is_hopeful(const Source& source) const;
  bool is_alone(const Source& source) const;
  bool may_fill(const Source& source) const;
  bool has_all(const Source& source) const;  // of the blob
  bool trusted_in_play() const;              // one that has all
  bool has_untrusted() const;
  size_t limit(const Source& source) const;
  size_t lanes_ahead(const Source& source) const;
  size_t target(const Source& source) const;
  std::vector<ByteRange> open_to(const Source& source, const Need& need) const;
  uint64_t remaining() const;
  ByteRange waits_for(const PlanNeeds& needs, const PlanWant& want) const;
  ByteRange piece_of(ByteRange run, const Source& source, uint64_t remaining) const;
  std::optional<double> rate_of(const PlanLane& lane) const;

  const PlanOptions options_;
  const uint64_t size_;
  std::vector<Source> sources_;
  PlanLanes lanes_;
  LaneId last_lane_ = 0;
  std::optional<MonotonicTime> begun_;  // the first transfer
  bool anything_came_ = false;
  std::optional<MonotonicTime> next_look_;

  // Of the actions() under way.
  MonotonicTime now_{};
  std::vector<Need> needs_;
  bool whole_wanted_ = false;
  bool doubted_ = false;
  std::vector<PlanAction> actions_;
};

}  // namespace weir::upstream
