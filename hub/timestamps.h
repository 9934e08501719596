// SPDX-License-Identifier: Apache-2.0
// Times as the hub's answers write them.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace weir::hub {

// Seconds since 1970, plausible ones: until the year 2255, so that no arithmetic on the result overflows.
std::optional<WallTime> time_of_seconds(uint64_t seconds);

// "20261121T075500Z" (ISO 8601, basic form, UTC), as signed URLs of AWS and Google have it.
std::optional<WallTime> parse_basic_time(std::string_view text);

// "2026-11-21T07:55:00Z", also with a fraction, which is cut off, and with an offset such as +01:00 (RFC 3339).
std::optional<WallTime> parse_rfc3339_time(std::string_view text);

}  // namespace weir::hub
