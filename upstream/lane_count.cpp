// SPDX-License-Identifier: Apache-2.0
#include "upstream/lane_count.h"

#include <algorithm>
#include <utility>

namespace weir::upstream {
namespace {

// A step up that brings less than this has not paid.
constexpr double kGrowth = 1.05;
constexpr Duration kLongestPause{120'000};

}  // namespace

void LaneCount::set_limit(size_t limit) {
  limit_ = limit;
  if (target_ > limit_) set_target(limit_);
}

void LaneCount::on_bytes(uint64_t count, MonotonicTime now) {
  if (begun_ && now >= *begun_) bytes_ += count;
}

void LaneCount::on_failed(size_t delivering, MonotonicTime now) {
  if (target_ > 1) drop_to(std::clamp<size_t>(delivering, 1, target_ - 1), now);
}

void LaneCount::look(size_t running, size_t delivering, MonotonicTime now) {
  if (running < target_) return begun_.reset();
  if (!begun_) {
    if (delivering < target_) return;
    begun_ = now + kSettle;
    bytes_ = 0;
    return;
  }
  if (now < *begun_ + kMeasure) return;
  std::chrono::duration<double> seconds = now - *begun_;
  begun_ = now;
  judge(static_cast<double>(std::exchange(bytes_, 0)) / seconds.count(), now);
}

std::optional<MonotonicTime> LaneCount::next_look() const {
  if (!begun_) return std::nullopt;
  return *begun_ + kMeasure;
}

void LaneCount::judge(double rate, MonotonicTime now) {
  auto before = std::exchange(before_, std::nullopt);
  if (before && rate < before->rate * kGrowth) return drop_to(before->count, now);
  auto fast_enough = static_cast<size_t>(min_speed_ > 0 ? rate / min_speed_ : static_cast<double>(limit_));
  if (target_ > 1 && fast_enough < target_) return drop_to(std::max<size_t>(1, fast_enough), now);
  if (target_ >= limit_ || now < next_step_up_ || fast_enough < target_) return;
  before_ = Step{target_, rate};
  set_target(std::min(2 * target_, limit_));
}

void LaneCount::drop_to(size_t count, MonotonicTime now) {
  next_step_up_ = now + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
  before_.reset();
  set_target(count);
}

void LaneCount::set_target(size_t count) {
  target_ = count;
  begun_.reset();
}

}  // namespace weir::upstream
