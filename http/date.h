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

// The text of the time that it is now, written once for all that is asked within a second.
class DateText {
 public:
  // Valid until the next call.
  const std::string& of(int64_t unix_seconds);

 private:
  int64_t seconds_ = 0;
  std::string text_;  // of them; empty before the first call
};

// Reads exactly that form; nothing when it is any other, or a date that does not exist, or one with a wrong day of the
// week.
std::optional<int64_t> parse_date(std::string_view text);

}  // namespace weir::http
