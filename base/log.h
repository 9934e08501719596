// SPDX-License-Identifier: Apache-2.0
// The program's log: one line an event, to stderr.  Control characters are escaped, so a line from outside cannot forge
// another. Never hand a token, a cookie or a signed query to it.  Thread-safe.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace weir::log {

enum class Level { debug, info, warning, error, off };

void set_level(Level level);
bool enabled(Level level);
void write(Level level, std::string_view line);
// Says that memory ran out, without taking any.
void out_of_memory();
// Writes out what is buffered; before the process ends or forks.
void flush();

// Lines that are written together, where one by one would cost too much.  Not thread-safe.
class Batch {
 public:
  // As log::write().
  void add(Level level, std::string_view line);
  // How many bytes wait.
  size_t size() const { return lines_.size(); }
  void write();

 private:
  std::string lines_;
};

// `text` with control characters and bytes that are no printable ASCII as \xHH.
std::string escaped(std::string_view text);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::vformat(format, fmt::make_format_args(args...)));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::vformat(format, fmt::make_format_args(args...)));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warning)) write(Level::warning, fmt::vformat(format, fmt::make_format_args(args...)));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::vformat(format, fmt::make_format_args(args...)));
}

}  // namespace weir::log
