// SPDX-License-Identifier: Apache-2.0
// The part of SourcePlan that says which source takes what.
#include <algorithm>
#include <tuple>

#include "upstream/byte_ranges.h"
#include "upstream/source_plan.h"

namespace weir::upstream {
namespace {

using Purpose = StartLane::Purpose;

// A client that waits at a transfer which has longer to go gets help from a source that is at least twice as fast.
constexpr double kLongWait = 2;  // seconds
constexpr double kMuchFaster = 2;
// A slow source gets pieces of about so long, of a block at least.
constexpr double kPieceSeconds = 4;
constexpr uint64_t kLongPiece = 4;  // pieces

uint64_t rounded_up(uint64_t offset, uint64_t unit) {
  return (offset + unit - 1) / unit * unit;
}

bool contains(const std::vector<ByteRange>& ranges, ByteRange range) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const auto& each) { return each.begin <= range.begin && range.end <= each.end; });
}

std::optional<ByteRange> run_at(const std::vector<ByteRange>& runs, uint64_t offset) {
  for (const auto& run : runs)
    if (run.begin <= offset && offset < run.end) return ByteRange{offset, run.end};
  return std::nullopt;
}

}  // namespace

// --- what clients wait for

void SourcePlan::serve_frontiers() {
  for (const auto& need : needs_)
    if (need.awaited) serve_frontier(need);
}

void SourcePlan::serve_frontier(const Need& need) {
  auto offset = *need.awaited;
  const auto* lane = lanes_.over(offset);
  if (lane && offset - lane->left.begin <= options_.leap) return;
  const auto* source = frontier_source(offset);
  if (!source) return;
  auto purpose = run_at(need.untrusted, offset) ? Purpose::confirm : Purpose::fill;
  if (purpose == Purpose::confirm && source->given.trust == Trust::untrusted) return;
  auto run = *run_at(need.lacking, offset);
  if (lane) {
    run.end = std::min(run.end, lane->left.end);
    cut(lane->id, offset);
  } else {
    run = lanes_.uncovered({run}).front();
  }
  if (source->given.holds) run.end = std::min(run.end, run_at(*source->given.holds, offset)->end);
  start(*source, piece_of(run, *source, remaining()), purpose);
}

// The next little piece for a client that waits at untrusted bytes, before it takes Weir for dead; one at a time.
void SourcePlan::confirm(const PlanNeeds& needs) {
  if (!whole_wanted_ || doubted_ || lanes_.is_confirming()) return;
  for (const auto& want : needs.wants) {
    auto piece = waits_for(needs, want);
    if (piece.empty() || now_ < want.last_byte + options_.silence) continue;
    const auto* source = frontier_source(piece.begin);
    if (source && source->given.trust == Trust::trusted && !source->standing.only_whole())
      return start(*source, piece, Purpose::confirm);
  }
}

// What a client could be given next of the untrusted bytes that it waits at.
ByteRange SourcePlan::waits_for(const PlanNeeds& needs, const PlanWant& want) const {
  if (!want.frontier || *want.frontier >= want.range.end) return {};
  auto offset = *want.frontier;
  auto runs = needs.untrusted({offset, std::min(offset + options_.confirm_size, want.range.end)});
  return runs.empty() || runs.front().begin != offset ? ByteRange{} : runs.front();
}

// A trusted one if there is any: where all of them are at their limits, it is waited for.
const SourcePlan::Source* SourcePlan::frontier_source(uint64_t offset) const {
  if (lanes_.count() >= options_.max_connections) return nullptr;
  const Source* best = nullptr;
  auto rank = [](const Source& source) {
    return std::tuple(source.given.trust == Trust::trusted, source.lane_rate.value_or(0));
  };
  bool trusted_full = false;
  for (const auto& source : sources_) {
    bool has_it = !source.given.holds || run_at(*source.given.holds, offset);
    if (!is_usable(source) || !has_it || !may_fill(source)) continue;
    if (lanes_.of(source.id) >= limit(source)) {
      trusted_full = trusted_full || source.given.trust == Trust::trusted;
    } else if (!best || rank(source) > rank(*best)) {
      best = &source;
    }
  }
  if (best && trusted_full && best->given.trust == Trust::untrusted) return nullptr;
  return best;
}

// --- ahead of that

void SourcePlan::run_ahead() {
  std::vector<bool> exhausted(sources_.size());
  while (const auto* source = next_idle(exhausted))
    if (!advance(*source)) exhausted[source->id] = true;
}

// One whose speed is not known yet before the others, so that each gets its first transfer, and then the fastest: the
// connections in all may be fewer than the sources could use.
const SourcePlan::Source* SourcePlan::next_idle(const std::vector<bool>& exhausted) const {
  // One is left for what clients wait for.
  auto reserve = has_untrusted() && options_.max_connections > 1 ? 1U : 0U;
  if (lanes_.count() + reserve >= options_.max_connections) return nullptr;
  const Source* best = nullptr;
  auto rank = [this](const Source& source) {
    return std::tuple(!source.lane_rate && lanes_.of(source.id) == 0, source.lane_rate.value_or(0));
  };
  for (const auto& source : sources_) {
    if (exhausted[source.id] || !is_usable(source) || !may_fill(source)) continue;
    if (lanes_ahead(source) >= target(source) || lanes_.of(source.id) >= limit(source)) continue;
    if (!best || rank(source) > rank(*best)) best = &source;
  }
  return best;
}

bool SourcePlan::advance(const Source& source) {
  return rescue(source) || take_next(source) || help(source);
}

// Helps a much slower source that a client waits for.
bool SourcePlan::rescue(const Source& source) {
  for (const auto& need : needs_) {
    const auto* lane = need.awaited ? lanes_.over(*need.awaited) : nullptr;
    if (!lane || lane->source == source.id || lane->purpose != Purpose::fill || !source.lane_rate) continue;
    auto rate = rate_of(*lane);
    if (!rate || *source.lane_rate < kMuchFaster * *rate) continue;
    if (*rate * kLongWait < static_cast<double>(lane->left.size()) && steal(source, *lane)) return true;
  }
  return false;
}

// The first piece that nobody has taken.  Untrusted sources leave what a client reads next to a trusted one, as long as
// there is something else to do.
bool SourcePlan::take_next(const Source& source) {
  bool leave = source.given.trust == Trust::untrusted && trusted_in_play();
  for (const auto& need : needs_)
    if (take_next_of(need, source, leave && need.awaited ? *need.awaited + options_.piece_size : 0)) return true;
  if (!leave) return false;
  for (const auto& need : needs_)
    if (take_next_of(need, source, 0)) return true;
  return false;
}

bool SourcePlan::take_next_of(const Need& need, const Source& source, uint64_t from) {
  auto runs = common(open_to(source, need), {{from, size_}});
  if (runs.empty()) return false;
  auto purpose = run_at(need.untrusted, runs.front().begin) ? Purpose::confirm : Purpose::fill;
  start(source, piece_of(runs.front(), source, remaining()), purpose);
  return true;
}

// Everything has been taken: the rest of what would take longest is shared.
bool SourcePlan::help(const Source& source) {
  std::vector<std::pair<double, const PlanLane*>> lanes;
  for (const auto& lane : lanes_.all()) {
    auto rate = rate_of(lane).value_or(source.lane_rate.value_or(1));
    if (lane.purpose == Purpose::fill) lanes.emplace_back(static_cast<double>(lane.left.size()) / (rate + 1), &lane);
  }
  std::sort(lanes.begin(), lanes.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  return std::any_of(lanes.begin(), lanes.end(), [&](const auto& lane) { return steal(source, *lane.second); });
}

// Takes over the end of a transfer, if that pays.
bool SourcePlan::steal(const Source& source, const PlanLane& lane) {
  auto left = lane.left;
  auto id = lane.id;
  // Else it was alone when it began.
  if (left.size() > 2 * options_.piece_size) return take_part(source, lane);
  auto rate = rate_of(lane);
  auto at = rate ? split_point(left, *rate, source.lane_rate) : std::nullopt;
  if (!at || (source.given.holds && !contains(*source.given.holds, {*at, left.end}))) return false;
  if (*at == left.begin) {
    auto& robbed = sources_[lane.source];
    if (!robbed.lane_rate) robbed.lane_rate = 0;
    stop(id);
  } else {
    cut(id, *at);
  }
  start(source, {*at, left.end}, Purpose::fill);
  return true;
}

// Takes the first piece that it has out of a long transfer, which ends there: what is behind the piece is nobody's.
bool SourcePlan::take_part(const Source& source, const PlanLane& lane) {
  auto unit = options_.piece_size;
  ByteRange left{rounded_up(lane.left.begin + unit, unit), lane.left.end};
  for (auto part : source.given.holds ? common({left}, *source.given.holds) : std::vector{left}) {
    bool to_the_end = part.end == left.end;
    part.begin = rounded_up(part.begin, kBlockSize);
    if (part.begin >= part.end || (part.size() < unit && !to_the_end)) continue;
    cut(lane.id, part.begin);
    start(source, piece_of(part, source, remaining()), Purpose::fill);
    return true;
  }
  return false;
}

// --- judging sources

bool SourcePlan::is_usable(const Source& source) const {
  return is_in_play(source) && source.standing.is_usable(now_);
}

// One that gives only the whole is the last resort.
bool SourcePlan::is_in_play(const Source& source) const {
  if (source.standing.is_out()) return false;
  return !source.standing.only_whole() || std::none_of(sources_.begin(), sources_.end(), [this](const auto& other) {
    return !other.standing.is_out() && !other.standing.only_whole() && other.standing.is_worth_a_wait(now_) &&
           other.standing.failures() <= 1 && has_all(other);
  });
}

// It is usable, or will be before clients lose their patience.
bool SourcePlan::is_hopeful(const Source& source) const {
  if (!is_in_play(source) || !source.standing.is_worth_a_wait(now_)) return false;
  auto at = source.standing.usable_at();
  return anything_came_ || !begun_ || !at || *at <= *begun_ + options_.retry.patience;
}

bool SourcePlan::is_alone(const Source& source) const {
  return std::none_of(sources_.begin(), sources_.end(), [&](const auto& other) {
    return other.id != source.id && is_in_play(other) && other.standing.is_worth_a_wait(now_);
  });
}

bool SourcePlan::may_fill(const Source& source) const {
  return source.given.trust == Trust::trusted || whole_wanted_ || !trusted_in_play();
}

bool SourcePlan::has_all(const Source& source) const {
  return !source.given.holds || contains(*source.given.holds, {0, size_});
}

bool SourcePlan::trusted_in_play() const {
  return std::any_of(sources_.begin(), sources_.end(), [this](const auto& source) {
    return source.given.trust == Trust::trusted && has_all(source) && is_hopeful(source);
  });
}

bool SourcePlan::has_untrusted() const {
  return std::any_of(sources_.begin(), sources_.end(), [](const auto& source) {
    return source.given.trust == Trust::untrusted && !source.standing.is_out();
  });
}

size_t SourcePlan::limit(const Source& source) const {
  return source.standing.only_whole() ? 1 : source.given.connections;
}

size_t SourcePlan::lanes_ahead(const Source& source) const {
  return whole_wanted_ && !doubted_ ? lanes_.filling(source.id) : lanes_.of(source.id);
}

size_t SourcePlan::target(const Source& source) const {
  auto most = limit(source);
  // One is left for what clients wait for.
  if (source.given.trust == Trust::trusted && has_untrusted() && most > 1) --most;
  return std::min(source.count.target(), most);
}

// --- pieces

std::vector<ByteRange> SourcePlan::open_to(const Source& source, const Need& need) const {
  auto open = lanes_.uncovered(source.given.trust == Trust::trusted ? need.lacking : need.missing);
  return source.given.holds ? common(open, *source.given.holds) : open;
}

// How much is to be asked for yet.
uint64_t SourcePlan::remaining() const {
  uint64_t most = 0;
  for (const auto& need : needs_) most = std::max(most, total_size(lanes_.uncovered(need.lacking)));
  return most;
}

// A source that is alone and has one transfer gets all of it in one; else pieces end where multiples of their size do,
// and get smaller towards the end so that all sources finish together.
ByteRange SourcePlan::piece_of(ByteRange run, const Source& source, uint64_t remaining) const {
  if (source.standing.only_whole() || (is_alone(source) && source.count.target() == 1)) return run;
  size_t lanes = 0;
  for (const auto& each : sources_)
    if (is_in_play(each)) lanes += each.count.target();
  // The wait between two pieces of a source that has one transfer at most is to count little.
  bool one_by_one = source.lane_rate && std::min(source.given.ahead, limit(source)) == 1;
  auto most =
      std::min((one_by_one ? kLongPiece : 1) * options_.piece_size, remaining / (2 * std::max<size_t>(lanes, 1)));
  if (source.lane_rate) most = std::min(most, static_cast<uint64_t>(*source.lane_rate * kPieceSeconds));
  auto length = std::max(kBlockSize, rounded_up(most, kBlockSize));
  auto end = rounded_up(run.begin + 1, options_.piece_size);
  if (end - run.begin < kBlockSize) end += options_.piece_size;
  while (end + options_.piece_size <= run.begin + length) end += options_.piece_size;
  end = std::min(end, rounded_up(run.begin + length, kBlockSize));
  return {run.begin, std::min(run.end, end)};
}

std::optional<double> SourcePlan::rate_of(const PlanLane& lane) const {
  auto rate = lane.rate(now_);
  return rate ? rate : sources_[lane.source].lane_rate;
}

}  // namespace weir::upstream
