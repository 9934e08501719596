// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_transfers.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/log.h"
#include "upstream/byte_ranges.h"

namespace weir::upstream {
namespace {

constexpr SourceId kOrigin = FetchSources::kOrigin;

PlanOptions plan_options(const FetchSetup& setup) {
  PlanOptions options;
  options.piece_size = whole_blocks({0, setup.options.piece_size}, UINT64_MAX).end;
  options.max_connections = setup.options.max_connections;
  options.min_speed = setup.options.min_speed;
  options.stall_timeout = setup.options.stall_timeout;
  options.lone_stall_timeout = setup.origin.stall_timeout;
  options.retry = {setup.options.retry_delay, setup.options.max_retries, setup.origin.connect_timeout};
  return options;
}

LaneFailure::Kind kind_of(const OriginFault& fault) {
  return fault.is_final() ? LaneFailure::Kind::refused : LaneFailure::Kind::interrupted;
}

LaneFailure::Kind kind_of(SourceAnswer::Kind kind) {
  switch (kind) {
    case SourceAnswer::Kind::has_not:
      return LaneFailure::Kind::absent;
    case SourceAnswer::Kind::busy:
      return LaneFailure::Kind::busy;
    case SourceAnswer::Kind::fails:
      return LaneFailure::Kind::interrupted;
    case SourceAnswer::Kind::unfit:
      return LaneFailure::Kind::ignores_range;
    case SourceAnswer::Kind::lies:
      return LaneFailure::Kind::contradicts;
    case SourceAnswer::Kind::use:
    case SourceAnswer::Kind::redirect:
    case SourceAnswer::Kind::refuses:
      break;
  }
  return LaneFailure::Kind::refused;
}

// What the origin's answer says of the origin.
SourceAnswer for_table(const BlobAnswer& answer) {
  bool in_trouble = answer.kind == BlobAnswer::Kind::later || answer.kind == BlobAnswer::Kind::broken;
  auto kind = answer.kind == BlobAnswer::Kind::busy ? SourceAnswer::Kind::busy
              : in_trouble                          ? SourceAnswer::Kind::fails
                                                    : SourceAnswer::Kind::has_not;
  return {kind, {}, answer.retry_after, answer.reason};
}

bool may_pass(LaneFailure::Kind kind) {
  return kind == LaneFailure::Kind::busy || kind == LaneFailure::Kind::interrupted ||
         kind == LaneFailure::Kind::stalled;
}

}  // namespace

FetchTransfers::FetchTransfers(const FetchContext& context, const Sha256& digest, uint64_t size, TransfersOwner& owner)
    : context_(context),
      digest_(digest),
      size_(size),
      owner_(owner),
      plan_(plan_options(context.setup), size),
      sources_(context_, digest, size, [this] { owner_.on_change(); }),
      origin_(context),
      next_look_(context.loop, [this] { owner_.on_change(); }),
      unthrottle_(context.loop, [this] { resume(); }) {
  sources_.admit(plan_, monotonic_now());
}

FetchTransfers::~FetchTransfers() = default;

void FetchTransfers::offer(const JoinRequest& request) {
  bool in_use = !origin_out_ && (!lanes_.empty() || failures_.contains(kOrigin) || origin_.is_renewing());
  origin_.offer(request.source, request.grant, in_use ? FetchOrigin::Use::when_needed : FetchOrigin::Use::at_once);
  sources_.offer(request);
  if (std::exchange(origin_out_, false)) plan_.readmit(kOrigin);
}

void FetchTransfers::begin() {
  origin_.begin(monotonic_now());
}

// --- the plan's actions

void FetchTransfers::work() {
  next_look_.stop();
  sources_.admit(plan_, monotonic_now());
  auto actions = plan_.actions(owner_.needs(), monotonic_now());
  bool gave_up = !actions.empty() && std::holds_alternative<GiveUp>(actions.back());
  if (std::exchange(failed_since_, false) && !gave_up) ++context_.counters.retries;
  for (const auto& action : actions) std::visit([this](const auto& what) { act(what); }, action);
  auto look = plan_.next_look();
  if (look && !gave_up) next_look_.start(std::max(Duration(0), std::chrono::ceil<Duration>(*look - monotonic_now())));
}

void FetchTransfers::act(const StartLane& start) {
  lanes_.push_back({start, nullptr});
  if (owner_.reserve(start.range)) transfer(lanes_.back());
}

void FetchTransfers::act(const CutLane& cut) {
  for (auto& lane : lanes_) {
    if (lane.start.lane != cut.lane) continue;
    lane.start.range.end = cut.end;
    if (lane.transfer) lane.transfer->end_at(cut.end);
  }
}

void FetchTransfers::act(const StopLane& stop) {
  auto now = monotonic_now();
  for (const auto& lane : lanes_)
    if (lane.start.lane == stop.lane && lane.transfer && !lane.paused &&
        now - lane.heard >= context_.setup.options.stall_timeout)
      sources_.at(lane.start.source).failed("It sent nothing for too long.", now);
  remove(stop.lane);
}

void FetchTransfers::act(const GiveUp& verdict) {
  // One of those that may not be asked yet may have it.
  if (sources_.is_asking()) return;
  auto known = failures_.find(verdict.source);
  if (known != failures_.end() && known->second.message == verdict.failure.reason)
    return owner_.on_gave_up(FetchFailure(known->second));
  int status = verdict.failure.kind == LaneFailure::Kind::stalled ? 504 : 502;
  owner_.on_gave_up({status, verdict.failure.reason, verdict.failure.retry_after});
}

void FetchTransfers::on_reserved() {
  for (auto& lane : lanes_) {
    if (lane.transfer) continue;
    if (!owner_.reserve(lane.start.range)) return;
    transfer(lane);
  }
}

void FetchTransfers::transfer(Lane& lane) {
  auto source = lane.start.source;
  LaneRequest request;
  request.range = lane.start.range;
  request.size = size_;
  request.pseudonym = context_.setup.pseudonym;
  request.is_intercepted = context_.setup.is_intercepted;
  request.answer = lane.start.answer;
  request.id = lane.start.lane;
  request.source = origin_.url();
  if (source != kOrigin) sources_.address(source, request);
  // Nobody else is there who could give a part.
  if (sources_.count() == 1) request.answer = StartLane::Answer::whole_too;
  lane.transfer = std::make_unique<FetchLane>(*this, context_.origin, std::move(request));
  lane.heard = monotonic_now();
  plan_.on_started(lane.start.lane, lane.heard);
}

void FetchTransfers::remove(LaneId id) {
  auto found = std::find_if(lanes_.begin(), lanes_.end(), [id](const auto& lane) { return lane.start.lane == id; });
  if (found == lanes_.end()) return;
  // It may be in the middle of a call to us.
  if (found->transfer) {
    found->transfer->stop();
    context_.loop.destroy_later(std::move(found->transfer));
  }
  lanes_.erase(found);
}

FetchTransfers::Lane& FetchTransfers::lane_of(const FetchLane& lane) {
  return *std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& each) { return each.start.lane == lane.id(); });
}

void FetchTransfers::resume() {
  if (!owner_.has_room()) return;
  auto now = monotonic_now();
  auto paused = [now, this](const Lane& lane) {
    return lane.paused && throttled_for(lane.start.source, now) == Duration(0);
  };
  for (auto& lane : lanes_) {
    if (!paused(lane)) continue;
    lane.paused = false;
    lane.heard = now;
    plan_.on_resumed(lane.start.lane, now);
    lane.transfer->resume();
  }
  throttle_again(now);
}

// The shortest wait of those that wait for their rate.
void FetchTransfers::throttle_again(MonotonicTime now) {
  std::optional<Duration> wait;
  for (const auto& lane : lanes_) {
    if (!lane.paused) continue;
    auto its_wait = throttled_for(lane.start.source, now);
    if (its_wait > Duration(0)) wait = std::min(wait.value_or(its_wait), its_wait);
  }
  if (wait) unthrottle_.start(*wait);
}

Duration FetchTransfers::throttled_for(SourceId source, MonotonicTime now) {
  return context_.limits.wait(sources_.at(source), sources_.options(source)->rate, context_.setup.options.max_rate,
                              now);
}

void FetchTransfers::stop() {
  next_look_.stop();
  unthrottle_.stop();
  // Nobody would say that it is over.
  if (origin_.is_renewing()) plan_.readmit(kOrigin);
  origin_.cancel();
  sources_.cancel();
  while (!lanes_.empty()) {
    plan_.on_dropped(lanes_.back().start.lane);
    remove(lanes_.back().start.lane);
  }
}

// --- from the sources

bool FetchTransfers::has_room(const FetchLane& transfer) {
  auto& lane = lane_of(transfer);
  auto now = monotonic_now();
  lane.paused = !owner_.has_room() || throttled_for(lane.start.source, now) > Duration(0);
  if (!lane.paused) return true;
  plan_.on_paused(transfer.id(), now);
  throttle_again(now);
  return false;
}

void FetchTransfers::on_tag(const FetchLane& lane, http::EntityTag tag) {
  if (origin_.on_tag(lane.source(), std::move(tag))) owner_.on_version(origin_.version());
}

void FetchTransfers::on_received(const FetchLane& transfer, uint64_t count) {
  auto& lane = lane_of(transfer);
  auto source = lane.start.source;
  last_byte_ = lane.heard = monotonic_now();
  if (source == kOrigin) context_.counters.origin_bytes += count;
  sources_.at(source).received(count, last_byte_);
  context_.limits.take(sources_.at(source), sources_.options(source)->rate, context_.setup.options.max_rate, count,
                       last_byte_);
  plan_.on_bytes(transfer.id(), 0, last_byte_);
}

void FetchTransfers::on_bytes(FetchLane& lane, uint64_t offset, std::string_view bytes) {
  auto source = lane_of(lane).start.source;
  plan_.on_bytes(lane.id(), bytes.size(), last_byte_);
  failures_.erase(source);
  if (source == kOrigin) origin_.progress();
  owner_.on_bytes(source, offset, bytes);
}

void FetchTransfers::on_filled(FetchLane& lane) {
  plan_.on_filled(lane.id(), monotonic_now());
  remove(lane.id());
  owner_.on_change();
}

void FetchTransfers::on_broken(FetchLane& lane, OriginFault fault) {
  log::info("the fetch of {} was interrupted at byte {}: {}", digest_.hex(), lane.left().begin, fault.message);
  // It is not the source that lacks them.
  if (fault.kind != OriginFault::Kind::no_descriptors)
    sources_.at(lane_of(lane).start.source).failed(fault.message, monotonic_now());
  fail_lane(lane, kind_of(fault), {fault.status(), fault.message});
}

void FetchTransfers::on_refused(FetchLane& lane, BlobAnswer answer) {
  using Kind = LaneFailure::Kind;
  auto reason = lane.host() + " did not give the file: " + answer.reason + ".";
  sources_.at(kOrigin).answered(for_table(answer), monotonic_now());
  switch (answer.kind) {
    case BlobAnswer::Kind::expired:
      return renew(lane);
    case BlobAnswer::Kind::busy:
      // Clients know what a 429 means, and wait as long as they are told to.
      return fail_lane(lane, Kind::busy, {429, reason, answer.retry_after});
    case BlobAnswer::Kind::later:
    case BlobAnswer::Kind::broken:
      return fail_lane(lane, Kind::interrupted, {502, reason, answer.retry_after});
    case BlobAnswer::Kind::changed:
      plan_.on_dropped(lane.id());
      remove(lane.id());
      origin_.forget_tag();
      return owner_.on_origin_changed({502, reason, std::nullopt, FetchFailure::Remedy::start_over});
    case BlobAnswer::Kind::ignores_range:
      return fail_lane(lane, Kind::ignores_range, {502, reason});
    case BlobAnswer::Kind::use:
    case BlobAnswer::Kind::redirect:
    case BlobAnswer::Kind::refused:
      return fail_lane(lane, Kind::refused, {502, reason});
  }
}

void FetchTransfers::on_answer(FetchLane& lane, const SourceAnswer& answer) {
  auto source = lane_of(lane).start.source;
  sources_.at(source).answered(answer, monotonic_now());
  if (answer.kind == SourceAnswer::Kind::use) return;
  auto reason = "The source " + sources_.options(source)->name + " did not give the file: " + answer.reason + ".";
  fail_lane(lane, kind_of(answer.kind), {502, reason, answer.pause});
}

void FetchTransfers::leave_out(SourceId source, const std::string& why) {
  plan_.leave_out(source, {LaneFailure::Kind::contradicts, why, std::nullopt});
}

void FetchTransfers::fail_lane(FetchLane& lane, LaneFailure::Kind kind, FetchFailure failure) {
  auto source = lane_of(lane).start.source;
  plan_.on_failed(lane.id(), {kind, failure.message, failure.retry_after}, monotonic_now());
  remove(lane.id());
  log::debug("{}", failure.message);
  failures_[source] = failure;
  failed_since_ = failed_since_ || may_pass(kind);
  // What else it sends is of no use without the rest.
  bool is_end = !may_pass(kind) && kind != LaneFailure::Kind::ignores_range;
  if (is_end && sources_.count() == 1 && !sources_.is_asking()) return owner_.on_gave_up(std::move(failure));
  owner_.on_change();
}

// --- the origin's URL

void FetchTransfers::renew(FetchLane& lane) {
  bool in_use = lane.source() == origin_.url();
  plan_.on_dropped(lane.id());
  remove(lane.id());
  if (in_use && !origin_.is_renewing()) {
    plan_.hold(kOrigin);
    origin_.renew(digest_, size_, [this](FetchOrigin::Renewed renewed) { on_renewed(std::move(renewed)); });
  }
  owner_.on_change();
}

void FetchTransfers::on_renewed(FetchOrigin::Renewed renewed) {
  if (auto* wait = std::get_if<FetchOrigin::Wait>(&renewed)) {
    plan_.hold(kOrigin, monotonic_now() + wait->delay);
    failed_since_ = true;
  } else if (auto* failure = std::get_if<LaneFailure>(&renewed)) {
    failures_[kOrigin] = FetchFailure{502, failure->reason, failure->retry_after};
    origin_out_ = true;
    plan_.leave_out(kOrigin, std::move(*failure));
  } else {
    plan_.readmit(kOrigin);
  }
  owner_.on_change();
}

}  // namespace weir::upstream
