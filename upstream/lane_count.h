// SPDX-License-Identifier: Apache-2.0
// How many transfers a source is given at once, found by what it shows: it begins with one, doubles them while that
// brings more bytes, and goes back when it does not.  Pure; time is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace weir::upstream {

class LaneCount {
 public:
  static constexpr Duration kSettle{250};   // after the last of the transfers has begun to bring bytes
  static constexpr Duration kMeasure{750};  // so long, behind that
  static constexpr Duration kFirstPause{10'000};

  // Never above `limit` (1 at least).  More than one only as long as each brings `min_speed` bytes a second.
  LaneCount(size_t limit, uint64_t min_speed) : limit_(limit), min_speed_(static_cast<double>(min_speed)) {}

  size_t target() const { return target_; }
  void set_limit(size_t limit);

  void on_bytes(uint64_t count, MonotonicTime now);
  // One of them failed while `delivering` others brought bytes.
  void on_failed(size_t delivering, MonotonicTime now);
  // `running` transfers of the source there are, of which `delivering` have brought bytes: measures while both reach
  // the target, and judges when it has seen enough.
  void look(size_t running, size_t delivering, MonotonicTime now);
  // When it has seen enough; nothing while it does not measure.
  std::optional<MonotonicTime> next_look() const;

 private:
  void judge(double rate, MonotonicTime now);
  void drop_to(size_t count, MonotonicTime now);
  void set_target(size_t count);

  size_t limit_;
  double min_speed_;
  size_t target_ = 1;
  std::optional<MonotonicTime> begun_;  // the measuring, behind a time to settle
  uint64_t bytes_ = 0;                  // since then
  struct Step {
    size_t count;
    double rate;
  };
  std::optional<Step> before_;  // what the last step up is held against
  MonotonicTime next_step_up_{};
  Duration pause_ = kFirstPause;  // after the next step up that does not pay
};

}  // namespace weir::upstream
