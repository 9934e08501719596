// SPDX-License-Identifier: Apache-2.0
#include "http/date.h"

#include <fmt/core.h>

#include <array>
#include <chrono>

#include "http/text.h"

namespace weir::http {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> month_of(std::string_view name) {
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == name) return i + 1;
  }
  return std::nullopt;
}

}  // namespace

std::string format_date(int64_t unix_seconds) {
  using namespace std::chrono;
  const sys_seconds time{seconds{unix_seconds}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday{day}.c_encoding()], unsigned{date.day()},
                     kMonths[unsigned{date.month()} - 1], int{date.year()}, clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

const std::string& DateText::of(int64_t unix_seconds) {
  if (text_.empty() || seconds_ != unix_seconds) {
    text_ = format_date(unix_seconds);
    seconds_ = unix_seconds;
  }
  return text_;
}

std::optional<int64_t> parse_date(std::string_view text) {
  using namespace std::chrono;
  constexpr size_t kSize = 29;
  if (text.size() != kSize) return std::nullopt;
  auto month = month_of(text.substr(8, 3));
  auto day = parse_decimal(text.substr(5, 2));
  auto year_number = parse_decimal(text.substr(12, 4));
  auto hour = parse_decimal(text.substr(17, 2));
  auto minute = parse_decimal(text.substr(20, 2));
  auto second = parse_decimal(text.substr(23, 2));
  if (!month || !day || !year_number || !hour || !minute || !second) return std::nullopt;
  const year_month_day date{year{static_cast<int>(*year_number)}, std::chrono::month{*month},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  const auto time = sys_days{date}.time_since_epoch() + hours{*hour} + minutes{*minute} + seconds{*second};
  int64_t result = duration_cast<seconds>(time).count();
  // A date that does not exist, or a wrong weekday or separator, is written differently.
  if (!date.ok() || format_date(result) != text) return std::nullopt;
  return result;
}

}  // namespace weir::http
