// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/files.h"
#include "base/unique_fd.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// What `action` writes to stderr.
std::string stderr_of(const std::function<void()>& action) {
  TemporaryFolder folder;
  auto file = folder / "stderr";
  UniqueFd target(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  UniqueFd saved(::dup(STDERR_FILENO));
  ::dup2(target.get(), STDERR_FILENO);
  action();
  log::flush();
  ::dup2(saved.get(), STDERR_FILENO);
  return read_file(file)->value();
}

TEST(LogEscapingTest, printable_ascii_stays) {
  std::string text;
  for (char c = 0x20; c < 0x7f; ++c) text += c;
  EXPECT_EQ(log::escaped(text), text);
}

TEST(LogEscapingTest, every_other_byte_is_escaped) {
  for (int byte = 0; byte < 256; ++byte) {
    if (byte >= 0x20 && byte < 0x7f) continue;
    char expected[8];
    std::snprintf(expected, sizeof expected, "\\x%02x", byte);
    EXPECT_EQ(log::escaped(std::string(1, static_cast<char>(byte))), expected);
  }
}

TEST(LogEscapingTest, works_within_a_text) {
  EXPECT_EQ(log::escaped("GET /a\r\n2026 error \x1b[2J"), R"(GET /a\x0d\x0a2026 error \x1b[2J)");
  EXPECT_EQ(log::escaped(""), "");
}

TEST(LogTest, text_from_outside_cannot_forge_a_line) {
  auto out = stderr_of([] { log::warning("host {} asked {}", "a\nb", 3); });
  EXPECT_THAT(out, AllOf(HasSubstr("warning"), EndsWith("host a\\x0ab asked 3\n")));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
}

TEST(LogTest, braces_from_outside_are_text) {
  EXPECT_THAT(stderr_of([] { log::write(log::Level::info, "{} {0:>999}"); }), EndsWith("{} {0:>999}\n"));
}

TEST(LogTest, what_lies_below_the_level_is_not_written) {
  auto out = stderr_of([] {
    log::debug("hidden");
    log::info("shown");
    log::set_level(log::Level::error);
    log::warning("hidden");
    log::error("shown too");
    log::set_level(log::Level::off);
    log::error("hidden");
    log::set_level(log::Level::debug);
    log::debug("shown last");
    log::set_level(log::Level::info);
  });
  EXPECT_THAT(
      out, AllOf(HasSubstr("shown\n"), HasSubstr("shown too\n"), HasSubstr("shown last\n"), Not(HasSubstr("hidden"))));
}

TEST(LogTest, enabled_saves_the_formatting) {
  EXPECT_FALSE(log::enabled(log::Level::debug));
  EXPECT_TRUE(log::enabled(log::Level::info));
}

}  // namespace
}  // namespace weir
