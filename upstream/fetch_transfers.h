// SPDX-License-Identifier: Apache-2.0
// The bytes of a fetch on their way: does what the fetch's plan says, and tells the plan what came of it.  Lives on the
// fetch loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/loop.h"
#include "upstream/fetch_context.h"
#include "upstream/fetch_join.h"
#include "upstream/fetch_lane.h"
#include "upstream/fetch_origin.h"
#include "upstream/fetch_sources.h"
#include "upstream/source_plan.h"

namespace weir::upstream {

// What the transfers ask and tell their fetch.  on_change(), on_gave_up() and on_origin_changed() may destroy them,
// later.
class TransfersOwner {
 public:
  virtual ~TransfersOwner() = default;
  virtual PlanNeeds needs() = 0;
  virtual bool has_room() const = 0;
  // Whether there is room in the store for what is missing of the range; where there is none it is made, and then
  // on_reserved() is called.
  virtual bool reserve(ByteRange range) = 0;
  virtual void on_bytes(SourceId source, uint64_t offset, std::string_view bytes) = 0;
  // What comes from the origin is of this version: a text to keep beside it for recall().
  virtual void on_version(std::string version) = 0;
  // Something has happened that the plan has not been asked about: FetchTransfers::work() is to be called.
  virtual void on_change() = 0;
  // No source is left that could give what is missing.
  virtual void on_gave_up(FetchFailure failure) = 0;
  // The file at the origin is another one than that which came before.
  virtual void on_origin_changed(FetchFailure failure) = 0;
};

class FetchTransfers : public LaneOwner {
 public:
  FetchTransfers(const FetchContext& context, const Sha256& digest, uint64_t size, TransfersOwner& owner);
  ~FetchTransfers() override;

  // A client brings what it knows of the places of the blob.
  void offer(const JoinRequest& request);
  // See SourcePlan.
  bool needs_transfer(const PlanNeeds& needs, ByteRange range) const { return plan_.needs_transfer(needs, range); }
  // What on_version() told a former run.
  void recall(std::string_view version) { origin_.recall(version); }
  // From here on clients wait.
  void begin();
  // Does what is to be done now.
  void work();
  // The room that was asked for is there.
  void on_reserved();
  // There is room for bytes again.
  void resume();
  bool is_idle() const { return lanes_.empty(); }
  bool has_trusted() const { return plan_.has_trusted(); }
  FetchSources& sources() { return sources_; }
  const FetchSources& sources() const { return sources_; }
  // It is not asked any more for this blob.
  void leave_out(SourceId source, const std::string& why);
  // After leave_out().
  void readmit(SourceId source) { plan_.readmit(source); }
  MonotonicTime last_byte() const { return last_byte_; }
  // For people.
  std::string origin_host() const { return origin_.url().host; }
  // Ends all that runs; it may go on later.
  void stop();

 private:
  // One that the plan has started: without a transfer while there is no room for it.
  struct Lane {
    StartLane start;
    std::unique_ptr<FetchLane> transfer;
    bool paused = false;
    MonotonicTime heard{};  // its latest byte or, before that, its start
  };

  // LaneOwner
  bool has_room(const FetchLane& lane) override;
  const std::optional<http::EntityTag>& tag() const override { return origin_.tag(); }
  void on_tag(const FetchLane& lane, http::EntityTag tag) override;
  void on_received(const FetchLane& lane, uint64_t count) override;
  void on_bytes(FetchLane& lane, uint64_t offset, std::string_view bytes) override;
  void on_refused(FetchLane& lane, BlobAnswer answer) override;
  void on_answer(FetchLane& lane, const SourceAnswer& answer) override;
  void on_filled(FetchLane& lane) override;
  void on_broken(FetchLane& lane, OriginFault fault) override;

  void act(const StartLane& start);
  void act(const CutLane& cut);
  void act(const StopLane& stop);
  void act(const GiveUp& verdict);
  void transfer(Lane& lane);
  void remove(LaneId id);
  Lane& lane_of(const FetchLane& lane);
  void throttle_again(MonotonicTime now);
  Duration throttled_for(SourceId source, MonotonicTime now);

  void fail_lane(FetchLane& lane, LaneFailure::Kind kind, FetchFailure failure);
  void renew(FetchLane& lane);
  void on_renewed(FetchOrigin::Renewed renewed);

  FetchContext context_;
  const Sha256 digest_;
  const uint64_t size_;
  TransfersOwner& owner_;
  SourcePlan plan_;
  FetchSources sources_;
  FetchOrigin origin_;
  std::map<SourceId, FetchFailure> failures_;  // the latest of each that has given no byte since
  std::vector<Lane> lanes_;
  bool origin_out_ = false;    // for want of a URL
  bool failed_since_ = false;  // a transfer has failed and the plan has not been asked yet
  MonotonicTime last_byte_ = monotonic_now();
  Timer next_look_;
  Timer unthrottle_;  // when bytes may be taken again
};

}  // namespace weir::upstream
