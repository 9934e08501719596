// SPDX-License-Identifier: Apache-2.0
// When a request that failed is made again: later each time, and never so late that the client gives up first.  Pure;
// time is an argument.
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "upstream/options.h"

namespace weir::upstream {

class RetrySchedule {
 public:
  // `patience`: how long a client waits without a byte.
  RetrySchedule(const FetchOptions& options, Duration patience) : options_(options), patience_(patience) {}

  // The first request goes out; later calls change nothing.
  void begin(MonotonicTime now);
  // A request brought something: tries count from the beginning again.
  void progress();

  // How long to wait before the next try; nothing: give up.  `not_before` is what the origin asked for (Retry-After).
  // While nothing has come, all waits together end within the patience; after that each one does.
  std::optional<Duration> next(MonotonicTime now, std::optional<Duration> not_before = std::nullopt);
  // A try that needs no wait, for another URL.  False: give up.
  bool next_at_once() { return ++tries_ <= options_.max_retries; }

 private:
  FetchOptions options_;
  Duration patience_;
  std::optional<MonotonicTime> begun_;
  bool progressed_ = false;
  size_t tries_ = 0;  // in a row without a byte
};

}  // namespace weir::upstream
