// SPDX-License-Identifier: Apache-2.0
#include "hub/hub_health.h"

#include <algorithm>

namespace weir::hub {

HubAdvice HubHealth::advice(MonotonicTime now) {
  if (options_.mode == OfflineMode::always) return HubAdvice::unreachable;
  std::lock_guard lock(mutex_);
  if (paused_until_ && now < *paused_until_) return HubAdvice::limited;
  if (!open_) return HubAdvice::ask;
  if (now < next_probe_) return HubAdvice::unreachable;
  next_probe_ = now + options_.probe_interval;
  return HubAdvice::ask;
}

HubChange HubHealth::answered(MonotonicTime) {
  std::lock_guard lock(mutex_);
  server_errors_ = 0;
  if (!open_) return HubChange::none;
  open_ = false;
  return HubChange::came_back;
}

HubChange HubHealth::unreachable(MonotonicTime now) {
  std::lock_guard lock(mutex_);
  return open(now);
}

HubChange HubHealth::server_error(MonotonicTime now) {
  std::lock_guard lock(mutex_);
  if (++server_errors_ < kServerErrorsInARow) return HubChange::none;
  return open(now);
}

void HubHealth::limited(MonotonicTime now, Duration retry_after) {
  std::lock_guard lock(mutex_);
  server_errors_ = 0;
  auto until = now + std::clamp(retry_after, Duration(0), kLongestPause);
  paused_until_ = paused_until_ ? std::max(*paused_until_, until) : until;
}

std::optional<Duration> HubHealth::pause_left(MonotonicTime now) const {
  std::lock_guard lock(mutex_);
  if (!paused_until_ || now >= *paused_until_) return std::nullopt;
  return std::chrono::ceil<Duration>(*paused_until_ - now);
}

bool HubHealth::is_down() const {
  std::lock_guard lock(mutex_);
  return open_;
}

// In mode never a dead hub is asked again each time: the client shall see what the hub does.
HubChange HubHealth::open(MonotonicTime now) {
  if (options_.mode == OfflineMode::never) return HubChange::none;
  next_probe_ = now + options_.probe_interval;
  if (open_) return HubChange::none;
  open_ = true;
  return HubChange::went_down;
}

}  // namespace weir::hub
