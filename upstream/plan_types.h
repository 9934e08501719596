// SPDX-License-Identifier: Apache-2.0
// What goes into the plan of a fetch (SourcePlan) and what comes out of it.  Values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "base/byte_range.h"
#include "base/clock.h"
#include "cas/trust.h"
#include "upstream/source_standing.h"

namespace weir::upstream {

using SourceId = size_t;  // in the order in which they were added
using LaneId = uint32_t;  // of one transfer; never used again in the same fetch

using cas::Trust;

struct PlanSource {
  Trust trust = Trust::untrusted;
  size_t connections = 8;  // at the same time, never more
  // How many of them may run ahead of what clients wait for; 1: a client that reads the whole in order has one
  // transfer.
  size_t ahead = 8;
  std::optional<std::vector<ByteRange>> holds;  // ascending; nothing: all of the blob
};

struct PlanOptions {
  uint64_t piece_size = 8 << 20;        // whole blocks
  size_t max_connections = 32;          // to all sources together
  uint64_t min_speed = 3'000'000;       // bytes a second of a connection, as long as its source has more than one
  Duration stall_timeout{10'000};       // without a byte
  Duration lone_stall_timeout{10'000};  // the same of a source that no other could stand in for
  RetryOptions retry;
  uint64_t leap = 4 << 20;  // a client whose next byte is so far behind a transfer's place gets one of its own
  uint64_t confirm_size = 64 << 10;
  Duration silence{3'500};  // how long a client that waits at untrusted bytes gets nothing
};

// What one client wants, or the fetch itself.
struct PlanWant {
  ByteRange range;
  // The first byte of it that its client cannot read yet; nothing: no client waits.
  std::optional<uint64_t> frontier;
  MonotonicTime last_byte{};  // when that client got its latest byte, or joined
};

struct PlanNeeds {
  using Ranges = std::function<std::vector<ByteRange>(ByteRange within)>;
  std::vector<PlanWant> wants;  // in the order of their claims: the first is served first
  // What is not there of a range, ascending; what was received and is not written yet is there.
  Ranges missing;
  // What is there of a range and not readable before the whole is verified, ascending.
  Ranges untrusted;
  // The digest of the whole was wrong: trusted sources are to bring what is untrusted once more.
  enum class Doubt { no, yes } doubt = Doubt::no;
};

struct StartLane {
  enum class Purpose {
    fill,     // the bytes are missing
    confirm,  // they are there, untrusted, and a client waits for them
  };
  enum class Answer {
    part,       // the whole blob (200), where only a part of it was asked for, is LaneFailure::Kind::ignores_range
    whole_too,  // it is to be taken, and what comes before the range dropped: no other source is left
  };
  LaneId lane = 0;
  SourceId source = 0;
  ByteRange range;
  Purpose purpose = Purpose::fill;
  Answer answer = Answer::part;

  bool operator==(const StartLane&) const = default;
};

// The transfer is to end earlier, and counts as filled there.
struct CutLane {
  LaneId lane = 0;
  uint64_t end = 0;

  bool operator==(const CutLane&) const = default;
};

// The transfer is to end now; nothing more is to be told about it.
struct StopLane {
  LaneId lane = 0;

  bool operator==(const StopLane&) const = default;
};

// No source is left that could give what is missing, and no transfer runs.
struct GiveUp {
  SourceId source = 0;  // whose failure it is: the first of those that failed in a way that may pass, else the first
  LaneFailure failure;

  bool operator==(const GiveUp&) const = default;
};

using PlanAction = std::variant<StartLane, CutLane, StopLane, GiveUp>;

}  // namespace weir::upstream
