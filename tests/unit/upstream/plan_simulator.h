// SPDX-License-Identifier: Apache-2.0
// A fetch from simulated sources on virtual time: it does what a SourcePlan says, and holds it to its invariants (no
// byte on its way twice, no limit of connections exceeded, no action about a transfer that is not there).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cas/block_map.h"
#include "upstream/source_plan.h"

namespace weir::upstream {

struct SimulatedSource {
  PlanSource plan;
  double rate = 50e6;                                                // bytes a second, of all its connections
  double connection_rate = std::numeric_limits<double>::infinity();  // of each
  Duration latency{20};                                              // of a request; a new connection costs it thrice
  enum class Manner {
    honest,
    absent,         // 404
    refuses,        // 403
    lies,           // about the length
    ignores_range,  // sends the whole
    busy,           // 429 to the first requests, `after` of them
    dies,           // having sent `after` bytes
    stalls,         // the same
    resets,         // each transfer after so many bytes
  };
  Manner manner = Manner::honest;
  uint64_t after = 0;
  std::optional<Duration> retry_after;
};

struct SimulatedClient {
  ByteRange range;
  Duration joins{0};
  Duration leaves{std::chrono::hours(24)};
};

struct Outcome {
  bool complete = false;  // what was wanted is there
  std::optional<GiveUp> given_up;
  double seconds = 0;
  double rate = 0;                        // of the wanted bytes, a second
  uint64_t wasted = 0;                    // bytes that came for nothing
  std::map<SourceId, uint64_t> bytes;     // what each brought
  std::map<SourceId, size_t> most_lanes;  // of each at the same time
  std::map<SourceId, size_t> starts;
  size_t most_lanes_in_all = 0;
  size_t looks = 0;            // calls of actions()
  uint64_t confirmed = 0;      // bytes that came again for clients
  double longest_silence = 0;  // of a client that waits, in seconds
  std::vector<std::string> violations;
};

class PlanSimulator {
 public:
  PlanSimulator(const PlanOptions& options, uint64_t size);

  SourceId add(const SimulatedSource& source);
  void add(const SimulatedClient& client);
  // The fetch itself wants all of it (as it does by default).
  void want_whole(bool wanted) { whole_wanted_ = wanted; }
  // Called once at that time.
  void at(Duration time, std::function<void(PlanSimulator&)> what);
  void hold_at_start(ByteRange range, Trust trust);

  // All connections of a source are reset.
  void reset(SourceId source);

  SourcePlan& plan() { return plan_; }
  MonotonicTime now() const { return now_; }
  Outcome run(Duration limit);

 private:
  struct Connection {
    LaneId lane = 0;
    SourceId source = 0;
    ByteRange range;  // from the next byte to the end
    uint64_t asked_end = 0;
    uint64_t skip = 0;
    uint64_t sent = 0;
    MonotonicTime begun;
    MonotonicTime ready;
    StartLane::Purpose purpose = StartLane::Purpose::fill;
    StartLane::Answer answer = StartLane::Answer::part;
  };
  struct Running {
    SimulatedSource source;
    uint64_t sent = 0;
    size_t requests = 0;
    size_t idle = 0;  // connections
    double owed = 0;  // part of a byte
  };
  struct Reading {
    SimulatedClient client;
    MonotonicTime last_byte;
    uint64_t frontier = 0;
  };

  PlanNeeds needs();
  bool is_there(const Reading& reading) const;
  bool is_complete() const;
  void call_due();
  void time_out();
  void send(SourceId id);
  // False: it failed.
  bool open(Connection& connection);
  uint64_t take(Connection& connection, uint64_t most);
  void fail(const Connection& connection, LaneFailure failure);
  void close(LaneId lane);
  void look();
  void act(const StartLane& start);
  void act(const CutLane& cut);
  void act(const StopLane& stop);
  void act(const GiveUp& verdict);
  void waste_what_is_under_way(const Connection& connection);
  void check_limits();
  void read_along();

  SourcePlan plan_;
  PlanOptions options_;
  uint64_t size_;
  MonotonicTime begin_{std::chrono::hours(1)};
  MonotonicTime now_ = begin_;
  std::map<SourceId, Running> sources_;
  std::vector<Connection> connections_;
  std::vector<Reading> readings_;
  std::multimap<Duration, std::function<void(PlanSimulator&)>> schedule_;
  cas::BlockMap held_;
  cas::BlockMap trusted_;
  bool whole_wanted_ = true;
  bool event_ = true;
  Outcome outcome_;
};

}  // namespace weir::upstream
