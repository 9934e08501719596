// SPDX-License-Identifier: Apache-2.0
// The grammar of configured values: how a value of the file becomes a value of the program, and back.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cas/options.h"

namespace weir::config {

// What stands behind a key: one of the types of TOML that Weir uses.
using Scalar = std::variant<bool, int64_t, double, std::string>;
using List = std::vector<Scalar>;
// Dates, tables and nested lists, which no key takes.
struct Other {
  bool operator==(const Other&) const = default;
};
using Value = std::variant<Scalar, List, Other>;

// A string of a number and ms, s, m, h or d ("15s"), or a number of seconds.  Nothing when it is none of these,
// negative, or above a thousand days.
std::optional<Duration> parse_duration(const Scalar& value);
// In the largest unit that is exact: "15s", "500ms".
std::string show_duration(Duration duration);

// A string of a whole number and B, KiB, MiB, GiB, TiB, KB, MB, GB or TB ("64KiB"), or a whole number of bytes. Nothing
// when it is none of these or above 2^63 - 1.
std::optional<uint64_t> parse_size(const Scalar& value);
// In the largest binary unit that is exact: "64KiB".
std::string show_size(uint64_t bytes);

// "HH:MM".  Nothing when it is none.
std::optional<cas::TimeOfDay> parse_time_of_day(std::string_view text);

// A host name of two labels or more (RFC 1123), in lower case and without its trailing dot.  Errors: invalid, with what
// is wrong with it.
Result<std::string> parse_host(const std::string& text);

// The same for the name of one machine, which may be a single label ("localhost").
Result<std::string> parse_machine_name(const std::string& text);

// Checks a HOST:PORT:ADDR:PORT as curl's --connect-to takes it; the first two may be empty.
bool is_connect_to(std::string_view text);

// Checks "http://HOST:PORT" or "https://HOST:PORT", where a port, a slash at the end, and USER:PASSWORD@ before the
// host may stand or not.
bool is_proxy_url(std::string_view text);

// The same URL with *** for USER:PASSWORD.
std::string without_password(std::string_view proxy_url);

// `text` as a TOML basic string.
std::string toml_string(std::string_view text);

}  // namespace weir::config
