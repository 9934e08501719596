// SPDX-License-Identifier: Apache-2.0
// Whether the hub can be asked now: a circuit breaker over all requests to it, and the pause that it demanded when it
// said 429.  While the breaker is open one request goes through now and then, to see whether the hub is back.
// Time is an argument.  Thread-safe.
#pragma once

#include <mutex>
#include <optional>

#include "base/clock.h"
#include "hub/options.h"

namespace weir::hub {

enum class HubAdvice {
  ask,
  unreachable,  // it was not there a moment ago, or [offline] mode says so
  limited,      // it wants to be left alone for a while
};

enum class HubChange { none, went_down, came_back };

class HubHealth {
 public:
  explicit HubHealth(OfflineOptions options) : options_(options) {}

  // What to do with a request that needs the hub.  An `ask` while the breaker is open is the probe: its outcome has to
  // be told.
  HubAdvice advice(MonotonicTime now);

  // The outcome of a request.  Returns whether the state changed: worth a line in the log.
  HubChange answered(MonotonicTime now);
  // No connection, or no answer in time.
  HubChange unreachable(MonotonicTime now);
  // 500 and above.  One address may be ill alone: the breaker opens when nothing else was heard a few times in a row.
  HubChange server_error(MonotonicTime now);
  // 429: nothing is asked for so long.  Bounded by kLongestPause.
  void limited(MonotonicTime now, Duration retry_after);

  // How long the pause still lasts.
  std::optional<Duration> pause_left(MonotonicTime now) const;
  bool is_down() const;
  const OfflineOptions& options() const { return options_; }

  static constexpr Duration kLongestPause{300'000};
  static constexpr int kServerErrorsInARow = 3;

 private:
  HubChange open(MonotonicTime now);

  const OfflineOptions options_;
  mutable std::mutex mutex_;
  bool open_ = false;                          // guarded by mutex_
  MonotonicTime next_probe_;                   // guarded by mutex_
  int server_errors_ = 0;                      // in a row; guarded by mutex_
  std::optional<MonotonicTime> paused_until_;  // guarded by mutex_
};

}  // namespace weir::hub
