// SPDX-License-Identifier: Apache-2.0
#include "cli/shell_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>

namespace weir::cli {
namespace {

constexpr const char* kHard[] = {"",        "plain", "two words", "it's",        "''", "$HOME `id` \\ \" ! #",
                                 "a\nb",    "\n",    "tab\there", "~",           "-n", "\xc3\xa9",
                                 "a;b&c|d", "*?[x]", "${x}",      "'; exit 9; '"};

std::string output_of(const std::string& script) {
  std::string out;
  FILE* shell = ::popen(script.c_str(), "r");
  char buffer[4096];
  for (size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, shell)) > 0;) out.append(buffer, got);
  EXPECT_EQ(::pclose(shell), 0);
  return out;
}

TEST(ShTextTest, a_shell_reads_back_what_was_quoted) {
  for (std::string text : kHard) {
    auto script = fmt::format("{}printf '%s|' \"$X\" {}", sh_text({{"X", text}}), sh_quoted(text));
    EXPECT_EQ(output_of(script), fmt::format("{}|{}|", text, text));
  }
}

TEST(ShTextTest, unsets) {
  EXPECT_EQ(sh_text({{"A", "1"}, {"B", std::nullopt}}), "export A='1'\nunset B\n");
  EXPECT_EQ(output_of("B=2\n" + sh_text({{"B", std::nullopt}}) + "echo ${B-none}"), "none\n");
}

TEST(DotenvTextTest, quotes_only_what_needs_it) {
  struct {
    std::string value, text;
  } const cases[] = {{"http://127.0.0.1:9347", "http://127.0.0.1:9347"},
                     {"/a/b-c_d.pem", "/a/b-c_d.pem"},
                     {"a,10.0.0.0/8,::1", "a,10.0.0.0/8,::1"},
                     {"", ""},
                     {"two words", "'two words'"},
                     {"$HOME #x", "'$HOME #x'"},
                     {"a\\b\"c", "'a\\b\"c'"},
                     {"it's", "\"it's\""},
                     {"it's $x `y` \"z\" \\", "\"it's \\$x \\`y\\` \\\"z\\\" \\\\\""},
                     {"a\nb\r", "\"a\\nb\\r\""}};
  for (const auto& each : cases) EXPECT_EQ(dotenv_quoted(each.value), each.text);
}

TEST(DotenvTextTest, leaves_out_what_it_cannot_say) {
  EXPECT_EQ(dotenv_text({{"A", "1"}, {"B", std::nullopt}, {"C", "x y"}}), "A=1\nC='x y'\n");
}

}  // namespace
}  // namespace weir::cli
