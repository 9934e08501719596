// SPDX-License-Identifier: Apache-2.0
#include "cli/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::cli {
namespace {

struct Case {
  const char* pattern;
  const char* path;
  bool fits;
};

// Python's fnmatch.fnmatchcase gives the same answers.
constexpr Case kCases[] = {
    {"*", "", true},
    {"*", "a/b/.c", true},
    {"", "", true},
    {"", "a", false},
    {"*.json", "config.json", true},
    {"*.json", "deep/er/config.json", true},
    {"*.json", "config.json5", false},
    {"*.JSON", "config.json", false},
    {"nested/*", "nested/part.bin", true},
    {"nested/", "nested/deep/part.bin", true},
    {"nested/", "nested", false},
    {"nested\\*", "nested/part.bin", true},
    {"?", "ü", true},
    {"?", "/", true},
    {"??", "ü", false},
    {"a?c*", "abcde", true},
    {"*a*b*c", "xxaxxbxxc", true},
    {"*a*b*c", "xxaxxbxx", false},
    {"shard-[0-4]*", "shard-3.bin", true},
    {"shard-[0-4]*", "shard-5.bin", false},
    {"[!a-c]", "d", true},
    {"[!a-c]", "b", false},
    {"[^a]", "^", true},
    {"[^a]", "b", false},
    {"[]]", "]", true},
    {"[!]]", "]", false},
    {"[a-]", "-", true},
    {"[z-a]", "m", false},
    {"[", "[", true},
    {"a[b", "a[b", true},
    {"[*]", "*", true},
    {"[*]", "a", false},
    {"[ü-ÿ]", "ý", true},
};

TEST(Glob, is_fnmatch) {
  for (const auto& each : kCases)
    EXPECT_EQ(glob_matches(each.pattern, each.path), each.fits) << each.pattern << " " << each.path;
}

TEST(Glob, takes_no_time_for_many_stars) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "*b", std::string(4000, 'a')));
}

TEST(Glob, bears_what_is_no_utf8) {
  EXPECT_TRUE(glob_matches("a?", "a\xff"));
  EXPECT_TRUE(glob_matches("*\xf0", "xx\xf0"));
}

}  // namespace
}  // namespace weir::cli
