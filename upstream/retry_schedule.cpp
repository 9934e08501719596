// SPDX-License-Identifier: Apache-2.0
#include "upstream/retry_schedule.h"

#include <algorithm>

namespace weir::upstream {
namespace {

constexpr size_t kMaxDoublings = 6;

}  // namespace

void RetrySchedule::begin(MonotonicTime now) {
  if (!begun_) begun_ = now;
}

void RetrySchedule::progress() {
  progressed_ = true;
  tries_ = 0;
}

std::optional<Duration> RetrySchedule::next(MonotonicTime now, std::optional<Duration> not_before) {
  if (!next_at_once()) return std::nullopt;
  auto delay = options_.retry_delay * (1 << std::min(tries_ - 1, kMaxDoublings));
  if (not_before) delay = std::max(delay, *not_before);
  // A longer wait is the client's own to make: most give up after 10 s of silence.
  if (delay > patience_) return std::nullopt;
  if (!progressed_ && begun_ && now + delay > *begun_ + patience_) return std::nullopt;
  return delay;
}

}  // namespace weir::upstream
