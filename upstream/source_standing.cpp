// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_standing.h"

#include <algorithm>
#include <utility>

namespace weir::upstream {
namespace {

constexpr size_t kMaxDoublings = 6;

}  // namespace

void SourceStanding::fail(LaneFailure failure, MonotonicTime now) {
  using Kind = LaneFailure::Kind;
  switch (failure.kind) {
    case Kind::absent:
    case Kind::refused:
    case Kind::contradicts:
      out_ = true;
      break;
    case Kind::ignores_range:
      out_ = std::exchange(only_whole_, true);  // it was asked for the whole
      break;
    case Kind::busy:
    case Kind::interrupted:
    case Kind::stalled:
      // Transfers that fail together are one trouble.
      if (until_ <= now) until_ = now + next_delay(), ++tries_;
      if (failure.retry_after) until_ = std::max(until_, now + *failure.retry_after);
      break;
  }
  last_failure_ = std::move(failure);
}

void SourceStanding::hold(std::optional<MonotonicTime> until) {
  held_ = !until;
  if (until) until_ = std::max(until_, *until);
}

void SourceStanding::leave_out(LaneFailure reason) {
  out_ = true;
  last_failure_ = std::move(reason);
}

void SourceStanding::readmit() {
  held_ = false;
  if (out_) *this = SourceStanding(options_);
}

std::optional<MonotonicTime> SourceStanding::usable_at() const {
  if (held_) return std::nullopt;
  return until_;
}

bool SourceStanding::is_worth_a_wait(MonotonicTime now) const {
  if (out_ || held_) return held_ && !out_;
  return tries_ <= options_.max_tries && until_ <= now + options_.patience;
}

Duration SourceStanding::next_delay() const {
  return options_.delay * (1 << std::min(tries_, kMaxDoublings));
}

}  // namespace weir::upstream
