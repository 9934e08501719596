// SPDX-License-Identifier: Apache-2.0
// Dates as HTTP writes them (RFC 9110, section 5.6.7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::http {

// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT", of a time in seconds since 1970 from the years 0 to 9999.
std::string format_date(int64_t unix_seconds);

// Reads exactly that form; nothing when it is any other, or a date that does not exist, or one with a wrong day of the
// week.
std::optional<int64_t> parse_date(std::string_view text);

}  // namespace weir::http
