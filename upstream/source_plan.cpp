// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_plan.h"

#include <algorithm>
#include <utility>

#include "upstream/byte_ranges.h"

namespace weir::upstream {
namespace {

// Speeds are looked at so often while transfers run.
constexpr Duration kTick{250};

void take_earlier(std::optional<MonotonicTime>& earliest, std::optional<MonotonicTime> time) {
  if (time && (!earliest || *time < *earliest)) earliest = time;
}

}  // namespace

// --- sources

SourceId SourcePlan::add_source(const PlanSource& source) {
  auto most = std::min(source.ahead, source.connections);
  sources_.push_back({sources_.size(),
                      source,
                      SourceStanding(options_.retry),
                      LaneCount(std::max<size_t>(1, most), options_.min_speed),
                      {},
                      {}});
  return sources_.size() - 1;
}

void SourcePlan::set_holds(SourceId source, std::vector<ByteRange> holds) {
  sources_[source].given.holds = std::move(holds);
}

void SourcePlan::set_ahead(SourceId source, size_t ahead) {
  auto& changed = sources_[source];
  changed.given.ahead = ahead;
  changed.count.set_limit(std::max<size_t>(1, std::min(ahead, changed.given.connections)));
}

void SourcePlan::leave_out(SourceId source, LaneFailure reason) {
  sources_[source].dismissed = true;
  sources_[source].standing.leave_out(std::move(reason));
}

void SourcePlan::hold(SourceId source, std::optional<MonotonicTime> until) {
  sources_[source].standing.hold(until);
}

void SourcePlan::readmit(SourceId source) {
  sources_[source].dismissed = false;
  sources_[source].standing.readmit();
}

// --- events

void SourcePlan::on_started(LaneId id, MonotonicTime now) {
  auto* lane = lanes_.find(id);
  if (!lane) return;
  lane->heard = now;
  if (!begun_) begun_ = now;
}

void SourcePlan::on_bytes(LaneId id, uint64_t count, MonotonicTime now) {
  auto* lane = lanes_.find(id);
  if (!lane) return;
  lane->take(count, now);
  if (count == 0) return;
  anything_came_ = true;
  auto& source = sources_[lane->source];
  source.standing.progress();
  if (!source.meter) source.meter.emplace(now);
  source.meter->add(count, now);
  source.count.on_bytes(count, now);
}

void SourcePlan::on_paused(LaneId id, MonotonicTime now) {
  if (auto* lane = lanes_.find(id); lane && !lane->paused) lane->paused = now;
}

void SourcePlan::on_resumed(LaneId id, MonotonicTime now) {
  if (auto* lane = lanes_.find(id)) lane->resume(now);
}

void SourcePlan::on_filled(LaneId id, MonotonicTime now) {
  auto* lane = lanes_.find(id);
  if (!lane) return;
  learn_rate(sources_[lane->source], now);
  lanes_.remove(id);
}

void SourcePlan::on_failed(LaneId id, LaneFailure failure, MonotonicTime now) {
  auto* lane = lanes_.find(id);
  if (!lane) return;
  auto& source = sources_[lane->source];
  lanes_.remove(id);
  source.count.on_failed(lanes_.delivering(source.id), now);
  source.standing.fail(std::move(failure), now);
}

void SourcePlan::on_dropped(LaneId id) {
  lanes_.remove(id);
}

// --- actions

std::vector<PlanAction> SourcePlan::actions(const PlanNeeds& needs, MonotonicTime now) {
  now_ = now;
  actions_.clear();
  weigh(needs);
  stop_dismissed();
  trim_unwanted();
  stop_silent();
  do {
    serve_frontiers();
    confirm(needs);
    run_ahead();
  } while (adjust_counts());
  give_up_if_hopeless(needs);
  set_next_look(needs);
  return std::move(actions_);
}

// Where the whole is wanted it will be verified, and untrusted bytes are as good as others; where only parts are, they
// would never be readable.
void SourcePlan::weigh(const PlanNeeds& needs) {
  needs_.clear();
  doubted_ = needs.doubt == PlanNeeds::Doubt::yes;
  whole_wanted_ = std::any_of(needs.wants.begin(), needs.wants.end(), [this](const auto& want) {
    return want.range == ByteRange{0, size_};
  });
  for (const auto& want : needs.wants) needs_.push_back(weighed(needs, want));
}

SourcePlan::Need SourcePlan::weighed(const PlanNeeds& needs, const PlanWant& want) const {
  Need need{want, needs.missing(want.range), {}, {}, {}};
  if ((!whole_wanted_ || doubted_) && trusted_in_play()) need.untrusted = needs.untrusted(want.range);
  std::merge(need.missing.begin(), need.missing.end(), need.untrusted.begin(), need.untrusted.end(),
             std::back_inserter(need.lacking), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  if (!want.frontier || *want.frontier >= want.range.end) return need;
  auto ahead = common(need.lacking, {{*want.frontier, want.range.end}});
  if (ahead.empty()) return need;
  // What waits for the verification anyway is not waited for.
  bool readable = !whole_wanted_ || needs.untrusted({*want.frontier, ahead.front().begin}).empty();
  if (readable) need.awaited = ahead.front().begin;
  return need;
}

void SourcePlan::stop_dismissed() {
  for (const auto& lane : std::vector(lanes_.all()))
    if (sources_[lane.source].dismissed) stop(lane.id);
}

// What nobody wants any more is not transferred further, but to the end of a block that has begun: that is what is
// kept.
void SourcePlan::trim_unwanted() {
  for (const auto& lane : std::vector(lanes_.all())) {
    auto left = lane.left;
    auto wanted_end = std::min(left.end, (left.begin + kBlockSize - 1) / kBlockSize * kBlockSize);
    for (const auto& need : needs_)
      if (need.want.range.begin < left.end && need.want.range.end > left.begin)
        wanted_end = std::max(wanted_end, std::min(need.want.range.end, left.end));
    if (wanted_end == left.begin && !left.empty()) {
      stop(lane.id);
    } else if (wanted_end < left.end) {
      cut(lane.id, wanted_end);
    }
  }
}

void SourcePlan::stop_silent() {
  for (const auto& lane : std::vector(lanes_.all())) {
    auto& source = sources_[lane.source];
    auto silent_at = lane.silent_at(is_alone(source) ? options_.lone_stall_timeout : options_.stall_timeout);
    if (!silent_at || now_ < *silent_at) continue;
    // The first byte of a source that is alone is waited for as long as the owner does.
    if (!lane.delivers() && source.standing.failures() == 0 && is_alone(source)) continue;
    stop(lane.id);
    source.count.on_failed(lanes_.delivering(source.id), now_);
    source.standing.fail({LaneFailure::Kind::stalled, "It sent nothing for too long.", std::nullopt}, now_);
  }
}

void SourcePlan::learn_rate(Source& source, MonotonicTime now) const {
  auto delivering = lanes_.delivering(source.id);
  if (delivering > 0 && source.meter && source.meter->knows(now))
    source.lane_rate = source.meter->rate(now) / static_cast<double>(delivering);
}

// True: a source may have more transfers than before.
bool SourcePlan::adjust_counts() {
  bool more = false;
  for (auto& source : sources_) {
    learn_rate(source, now_);
    if (lanes_.of(source.id) == 0) source.meter.reset();
    auto before = source.count.target();
    source.count.look(lanes_.filling(source.id), lanes_.delivering(source.id), now_);
    more = more || source.count.target() > before;
  }
  return more;
}

void SourcePlan::give_up_if_hopeless(const PlanNeeds& needs) {
  if (lanes_.count() > 0) return;
  auto can_help = [this](const Source& source) {
    return is_hopeful(source) && may_fill(source) &&
           std::any_of(needs_.begin(), needs_.end(), [&](const auto& need) { return !open_to(source, need).empty(); });
  };
  // What is untrusted is of no use to a part that is never verified.
  bool missing = std::any_of(needs_.begin(), needs_.end(), [&](const auto& need) {
    return !need.missing.empty() || (!whole_wanted_ && !needs.untrusted(need.want.range).empty());
  });
  if (!missing || std::any_of(sources_.begin(), sources_.end(), can_help)) return;
  const Source* blamed = nullptr;
  for (const auto& source : sources_)
    if (source.standing.last_failure() && (!blamed || (blamed->standing.is_out() && !source.standing.is_out())))
      blamed = &source;
  GiveUp verdict{0, {LaneFailure::Kind::absent, "No source has what is missing of the file.", std::nullopt}};
  if (blamed) verdict = {blamed->id, *blamed->standing.last_failure()};
  actions_.emplace_back(std::move(verdict));
}

void SourcePlan::set_next_look(const PlanNeeds& needs) {
  next_look_.reset();
  if (lanes_.count() > 0) next_look_ = now_ + kTick;
  for (const auto& lane : lanes_.all()) {
    auto silent_at = lane.silent_at(options_.stall_timeout);
    if (silent_at > now_) take_earlier(next_look_, silent_at);
  }
  for (const auto& source : sources_) {
    if (lanes_.filling(source.id) > 0 && source.count.next_look() > now_)
      take_earlier(next_look_, source.count.next_look());
    if (is_in_play(source) && source.standing.usable_at() > now_) take_earlier(next_look_, source.standing.usable_at());
  }
  if (!whole_wanted_) return;
  for (const auto& want : needs.wants)
    if (want.last_byte + options_.silence > now_ && !waits_for(needs, want).empty())
      take_earlier(next_look_, want.last_byte + options_.silence);
}

bool SourcePlan::needs_transfer(const PlanNeeds& needs, ByteRange range) const {
  auto missing = needs.missing(range);
  if (missing.empty()) return false;
  if (!lanes_.uncovered(missing).empty()) return true;
  const auto* lane = lanes_.over(missing.front().begin);
  return lane && missing.front().begin - lane->left.begin > options_.leap;
}

// --- what actions do

void SourcePlan::start(const Source& source, ByteRange range, StartLane::Purpose purpose) {
  auto answer = source.standing.only_whole() ? StartLane::Answer::whole_too : StartLane::Answer::part;
  StartLane action{++last_lane_, source.id, range, purpose, answer};
  lanes_.add(action);
  actions_.emplace_back(action);
}

void SourcePlan::cut(LaneId id, uint64_t end) {
  lanes_.find(id)->left.end = end;
  actions_.emplace_back(CutLane{id, end});
}

void SourcePlan::stop(LaneId id) {
  lanes_.remove(id);
  actions_.emplace_back(StopLane{id});
}

}  // namespace weir::upstream
