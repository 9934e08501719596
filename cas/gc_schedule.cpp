// SPDX-License-Identifier: Apache-2.0
#include "cas/gc_schedule.h"

#include <algorithm>
#include <ctime>
#include <optional>

namespace weir::cas {
namespace {

// The moment of that time on the local day of `day`, moved by `days`.
std::optional<WallTime> moment_of(TimeOfDay time, WallTime day, int days) {
  auto seconds = static_cast<time_t>(unix_seconds(day));
  tm parts{};
  if (!localtime_r(&seconds, &parts)) return std::nullopt;
  parts.tm_mday += days;
  parts.tm_hour = time.hour;
  parts.tm_min = time.minute;
  parts.tm_sec = 0;
  // mktime finds out whether it is summer time then, and moves a time that the change leaves out.
  parts.tm_isdst = -1;
  auto moment = std::mktime(&parts);
  if (moment == static_cast<time_t>(-1)) return std::nullopt;
  return WallTime(std::chrono::seconds(moment));
}

}  // namespace

bool is_due(const std::vector<TimeOfDay>& times, WallTime last, WallTime now) {
  // The last such moment up to now was today or yesterday.
  return std::any_of(times.begin(), times.end(), [&](TimeOfDay time) {
    for (int days : {0, -1}) {
      auto moment = moment_of(time, now, days);
      if (moment && last < *moment && *moment <= now) return true;
    }
    return false;
  });
}

}  // namespace weir::cas
