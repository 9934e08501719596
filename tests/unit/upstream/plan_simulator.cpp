// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/upstream/plan_simulator.h"

#include <algorithm>
#include <utility>

#include "upstream/byte_ranges.h"

namespace weir::upstream {
namespace {

using Manner = SimulatedSource::Manner;

constexpr Duration kStep{5};
constexpr Duration kFirstByteTimeout{60'000};

double seconds(MonotonicTime::duration time) {
  return std::chrono::duration<double>(time).count();
}

bool overlap(ByteRange a, ByteRange b) {
  return a.begin < b.end && b.begin < a.end;
}

}  // namespace

PlanSimulator::PlanSimulator(const PlanOptions& options, uint64_t size)
    : plan_(options, size), options_(options), size_(size), held_(size), trusted_(size) {}

SourceId PlanSimulator::add(const SimulatedSource& source) {
  auto id = plan_.add_source(source.plan);
  sources_[id].source = source;
  event_ = true;
  return id;
}

void PlanSimulator::add(const SimulatedClient& client) {
  readings_.push_back({client, begin_ + client.joins, client.range.begin});
}

void PlanSimulator::at(Duration time, std::function<void(PlanSimulator&)> what) {
  schedule_.emplace(time, std::move(what));
}

void PlanSimulator::hold_at_start(ByteRange range, Trust trust) {
  held_.add(range);
  if (trust == Trust::trusted) trusted_.add(range);
}

void PlanSimulator::reset(SourceId source) {
  for (const auto& connection : std::vector(connections_))
    if (connection.source == source) fail(connection, {LaneFailure::Kind::interrupted, "It was reset.", std::nullopt});
}

Outcome PlanSimulator::run(Duration limit) {
  while (now_ < begin_ + limit && !is_complete() && !outcome_.given_up) {
    call_due();
    time_out();
    if (event_ || (plan_.next_look() && now_ >= *plan_.next_look())) look();
    now_ += kStep;
    for (auto& [id, source] : sources_) send(id);
    read_along();
  }
  outcome_.complete = is_complete();
  outcome_.seconds = seconds(now_ - begin_);
  outcome_.rate = static_cast<double>(size_) / outcome_.seconds;
  return outcome_;
}

bool PlanSimulator::is_there(const Reading& reading) const {
  return now_ >= begin_ + reading.client.joins && now_ < begin_ + reading.client.leaves;
}

// The whole is readable as soon as it is there: it is verified then.
bool PlanSimulator::is_complete() const {
  if (held_.complete()) return true;
  if (whole_wanted_) return false;
  return std::all_of(readings_.begin(), readings_.end(), [&](const auto& reading) {
    return now_ >= begin_ + reading.client.joins &&
           (!is_there(reading) || reading.frontier >= reading.client.range.end);
  });
}

PlanNeeds PlanSimulator::needs() {
  PlanNeeds needs;
  for (const auto& reading : readings_)
    if (is_there(reading))
      needs.wants.push_back({whole_blocks(reading.client.range, size_), reading.frontier, reading.last_byte});
  if (whole_wanted_) needs.wants.push_back({{0, size_}, std::nullopt, {}});
  needs.missing = [this](ByteRange within) { return held_.missing(within); };
  needs.untrusted = [this](ByteRange within) {
    auto ranges = trusted_.missing(within);
    for (const auto& missing : held_.missing(within)) ranges = without(ranges, missing);
    return ranges;
  };
  return needs;
}

void PlanSimulator::call_due() {
  while (!schedule_.empty() && begin_ + schedule_.begin()->first <= now_) {
    auto what = std::move(schedule_.begin()->second);
    schedule_.erase(schedule_.begin());
    what(*this);
    event_ = true;
  }
  for (const auto& reading : readings_) {
    auto edge = [&](Duration time) { return begin_ + time <= now_ && now_ < begin_ + time + kStep; };
    event_ = event_ || edge(reading.client.joins) || edge(reading.client.leaves);
  }
}

// As the owner of transfers does.
void PlanSimulator::time_out() {
  for (const auto& connection : std::vector(connections_))
    if (connection.sent == 0 && now_ >= connection.begun + kFirstByteTimeout)
      fail(connection, {LaneFailure::Kind::interrupted, "It did not answer.", std::nullopt});
}

// --- sources

void PlanSimulator::send(SourceId id) {
  auto& running = sources_[id];
  std::vector<LaneId> ready;
  for (const auto& connection : connections_)
    if (connection.source == id && connection.ready <= now_) ready.push_back(connection.lane);
  auto budget = running.source.rate * seconds(kStep) + running.owed;
  auto most = running.source.connection_rate * seconds(kStep);
  for (size_t i = 0; i < ready.size(); ++i) {
    auto found = std::find_if(connections_.begin(), connections_.end(),
                              [&](const auto& connection) { return connection.lane == ready[i]; });
    if (!open(*found)) continue;
    auto share = std::min(most, budget / static_cast<double>(ready.size() - i));
    budget -= static_cast<double>(take(*found, static_cast<uint64_t>(share)));
  }
  running.owed = std::min(budget, 1.0);
}

bool PlanSimulator::open(Connection& connection) {
  using Kind = LaneFailure::Kind;
  auto& running = sources_[connection.source];
  const auto& source = running.source;
  bool fresh = connection.sent == 0;
  if (fresh) ++running.requests;
  bool whole = connection.range == ByteRange{0, size_} || connection.answer == StartLane::Answer::whole_too;
  auto refuse = [&](Kind kind) {
    fail(connection, {kind, "It does.", source.retry_after});
    return false;
  };
  switch (source.manner) {
    case Manner::honest:
      return true;
    case Manner::absent:
      return refuse(Kind::absent);
    case Manner::refuses:
      return refuse(Kind::refused);
    case Manner::lies:
      return refuse(Kind::contradicts);
    case Manner::ignores_range:
      if (!whole) return refuse(Kind::ignores_range);
      if (fresh) connection.skip = connection.range.begin;
      return true;
    case Manner::busy:
      return fresh && running.requests <= source.after ? refuse(Kind::busy) : true;
    case Manner::dies:
      return running.sent >= source.after ? refuse(Kind::interrupted) : true;
    case Manner::stalls:
      return running.sent < source.after;
    case Manner::resets:
      return connection.sent >= source.after ? refuse(Kind::interrupted) : true;
  }
  return true;
}

uint64_t PlanSimulator::take(Connection& connection, uint64_t most) {
  auto& running = sources_[connection.source];
  auto skipped = std::min(connection.skip, most);
  connection.skip -= skipped;
  outcome_.wasted += skipped;
  auto count = std::min(most - skipped, connection.range.size());
  connection.sent += skipped + count;
  running.sent += skipped + count;
  if (count == 0) {
    plan_.on_bytes(connection.lane, 0, now_);
    return skipped;
  }
  outcome_.bytes[connection.source] += count;
  ByteRange bytes{connection.range.begin, connection.range.begin + count};
  auto twice = count - total_size(held_.missing(bytes));
  if (connection.purpose == StartLane::Purpose::confirm) {
    outcome_.confirmed += twice;
  } else {
    outcome_.wasted += twice;
  }
  held_.add(bytes);
  if (running.source.plan.trust == Trust::trusted) trusted_.add(bytes);
  connection.range.begin += count;
  auto lane = connection.lane;
  plan_.on_bytes(lane, count, now_);
  if (connection.range.empty()) {
    connection.range.end == connection.asked_end ? static_cast<void>(++running.idle)
                                                 : waste_what_is_under_way(connection);
    close(lane);
    plan_.on_filled(lane, now_);
  }
  return skipped + count;
}

void PlanSimulator::fail(const Connection& connection, LaneFailure failure) {
  auto lane = connection.lane;
  close(lane);
  plan_.on_failed(lane, std::move(failure), now_);
}

void PlanSimulator::close(LaneId lane) {
  std::erase_if(connections_, [&](const auto& connection) { return connection.lane == lane; });
  event_ = true;
}

void PlanSimulator::waste_what_is_under_way(const Connection& connection) {
  const auto& source = sources_[connection.source].source;
  if (connection.ready > now_ || source.manner != Manner::honest) return;
  auto lanes = std::count_if(connections_.begin(), connections_.end(),
                             [&](const auto& other) { return other.source == connection.source; });
  auto rate = std::min(source.connection_rate, source.rate / static_cast<double>(std::max<ptrdiff_t>(lanes, 1)));
  auto under_way = static_cast<uint64_t>(rate * seconds(source.latency));
  outcome_.wasted += std::min(under_way, connection.asked_end - connection.range.begin);
}

// --- what the plan says

void PlanSimulator::look() {
  event_ = false;
  ++outcome_.looks;
  for (const auto& action : plan_.actions(needs(), now_)) std::visit([this](const auto& each) { act(each); }, action);
  check_limits();
}

void PlanSimulator::act(const StartLane& start) {
  for (const auto& other : connections_)
    if (overlap(other.range, start.range)) outcome_.violations.emplace_back("a byte is on its way twice");
  if (start.range.empty() || start.range.end > size_) outcome_.violations.emplace_back("there is no such range");
  auto& running = sources_[start.source];
  const auto& holds = running.source.plan.holds;
  if (holds && total_size(common({start.range}, *holds)) != start.range.size())
    outcome_.violations.emplace_back("a source is asked for what it has not");
  bool kept = running.idle > 0;
  if (kept) --running.idle;
  auto ready = now_ + running.source.latency * (kept ? 1 : 3);
  connections_.push_back(
      {start.lane, start.source, start.range, start.range.end, 0, 0, now_, ready, start.purpose, start.answer});
  ++outcome_.starts[start.source];
  plan_.on_started(start.lane, now_);
}

void PlanSimulator::act(const CutLane& cut) {
  for (auto& connection : connections_) {
    if (connection.lane != cut.lane) continue;
    if (cut.end <= connection.range.begin || cut.end >= connection.range.end)
      outcome_.violations.emplace_back("a transfer is cut where it is not");
    connection.range.end = cut.end;
    return;
  }
  outcome_.violations.emplace_back("no such transfer is to be cut");
}

void PlanSimulator::act(const StopLane& stop) {
  auto found = std::find_if(connections_.begin(), connections_.end(),
                            [&](const auto& connection) { return connection.lane == stop.lane; });
  if (found == connections_.end()) {
    outcome_.violations.emplace_back("no such transfer is to be stopped");
    return;
  }
  waste_what_is_under_way(*found);
  connections_.erase(found);
}

void PlanSimulator::act(const GiveUp& verdict) {
  outcome_.given_up = verdict;
}

void PlanSimulator::check_limits() {
  std::map<SourceId, size_t> lanes;
  for (const auto& connection : connections_) ++lanes[connection.source];
  for (const auto& [id, count] : lanes) {
    outcome_.most_lanes[id] = std::max(outcome_.most_lanes[id], count);
    if (count > sources_[id].source.plan.connections) outcome_.violations.emplace_back("too many to one source");
  }
  outcome_.most_lanes_in_all = std::max(outcome_.most_lanes_in_all, connections_.size());
  if (connections_.size() > options_.max_connections) outcome_.violations.emplace_back("too many in all");
}

void PlanSimulator::read_along() {
  for (auto& reading : readings_) {
    if (!is_there(reading) || reading.frontier >= reading.client.range.end) continue;
    auto frontier = std::min(trusted_.held_from(reading.frontier), reading.client.range.end);
    outcome_.longest_silence = std::max(outcome_.longest_silence, seconds(now_ - reading.last_byte));
    if (frontier == reading.frontier) continue;
    reading.frontier = frontier;
    reading.last_byte = now_;
  }
}

}  // namespace weir::upstream
