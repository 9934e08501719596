// SPDX-License-Identifier: Apache-2.0
#include "hub/timestamps.h"

#include <array>
#include <chrono>

#include "http/text.h"

namespace weir::hub {
namespace {

constexpr uint64_t kMaxSeconds = 9'000'000'000;

// Matches `text` against a pattern of 'd' (a digit of the next number) and literal characters; a number ends at a
// literal or at 'D', which is its last digit.  Nothing when it does not match whole.
std::optional<std::array<unsigned, 6>> read_numbers(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return std::nullopt;
  std::array<unsigned, 6> numbers{};
  size_t number = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] != 'd' && pattern[i] != 'D') {
      if (text[i] != pattern[i]) return std::nullopt;
      continue;
    }
    if (!http::is_digit(text[i])) return std::nullopt;
    numbers[number] = numbers[number] * 10 + static_cast<unsigned>(text[i] - '0');
    if (pattern[i] == 'D') ++number;
  }
  return numbers;
}

// Year, month, day, hour, minute, second.
std::optional<WallTime> time_of(const std::optional<std::array<unsigned, 6>>& numbers) {
  if (!numbers) return std::nullopt;
  auto [year, month, day, hour, minute, second] = *numbers;
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                   std::chrono::day(day)};
  // 60 is a leap second.
  if (!date.ok() || year < 1970 || year > 2255 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

// "Z" or "+hh:mm", "-hh:mm".
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  auto numbers = read_numbers(text.substr(1), "dD:dD");
  if (!numbers) return std::nullopt;
  std::chrono::minutes offset((*numbers)[0] * 60 + (*numbers)[1]);
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<WallTime> time_of_seconds(uint64_t seconds) {
  if (seconds > kMaxSeconds) return std::nullopt;
  return WallTime(std::chrono::seconds(seconds));
}

std::optional<WallTime> parse_basic_time(std::string_view text) {
  return time_of(read_numbers(text, "dddDdDdDTdDdDdDZ"));
}

std::optional<WallTime> parse_rfc3339_time(std::string_view text) {
  constexpr std::string_view kPattern = "dddD-dD-dDTdD:dD:dD";
  auto time = time_of(read_numbers(text.substr(0, kPattern.size()), kPattern));
  if (!time) return std::nullopt;
  auto rest = text.substr(kPattern.size());
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    while (!rest.empty() && http::is_digit(rest[0])) rest.remove_prefix(1);
  }
  auto offset = parse_offset(rest);
  if (!offset) return std::nullopt;
  return *time - *offset;
}

}  // namespace weir::hub
