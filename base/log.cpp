// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>

namespace weir::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

constexpr char kPattern[] = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

// Leaked on purpose: threads may log while static objects go.
spdlog::logger& logger() {
  static auto* const instance = [] {
    auto* made = new spdlog::logger("weir", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(kPattern);
    made->set_level(spdlog::level::info);
    return made;
  }();
  return *instance;
}

}  // namespace

void set_level(Level level) {
  logger().set_level(to_spdlog(level));
}

bool enabled(Level level) {
  return logger().should_log(to_spdlog(level));
}

void write(Level level, std::string_view line) {
  logger().log(to_spdlog(level), escaped(line));
}

void Batch::add(Level level, std::string_view line) {
  if (!enabled(level)) return;
  // It remembers the second that it has written last, so each thread has its own.
  thread_local spdlog::pattern_formatter formatter(kPattern);
  auto text = escaped(line);
  spdlog::memory_buf_t out;
  formatter.format(spdlog::details::log_msg({}, to_spdlog(level), text), out);
  lines_.append(out.data(), out.size());
}

void Batch::write() {
  std::fwrite(lines_.data(), 1, lines_.size(), stderr);
  std::fflush(stderr);
  lines_.clear();
}

void out_of_memory() {
  static constexpr std::string_view kLine = "error: memory ran out; what needed it was given up\n";
  [[maybe_unused]] auto put = ::write(STDERR_FILENO, kLine.data(), kLine.size());
}

void flush() {
  logger().flush();
}

std::string escaped(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace weir::log
