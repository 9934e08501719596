// SPDX-License-Identifier: Apache-2.0
#include "config/toml_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::config {
namespace {

using testing::ElementsAre;

TEST(TomlFileTest, gives_settings_with_their_lines) {
  auto file = read_toml(R"(
[proxy]
listen = "a"   # a comment
workers = 3
[fetch]
retry_delay = 0.5
xs = [1, "two", true]
)");
  ASSERT_TRUE(file);
  EXPECT_THAT(file->settings,
              ElementsAre(Setting{"proxy.listen", Scalar("a"), 3}, Setting{"proxy.workers", Scalar(int64_t{3}), 4},
                          Setting{"fetch.retry_delay", Scalar(0.5), 6},
                          Setting{"fetch.xs", List{Scalar(int64_t{1}), Scalar("two"), Scalar(true)}, 7}));
  EXPECT_THAT(file->tables, ElementsAre(Setting{"proxy", Other{}, 2}, Setting{"fetch", Other{}, 5}));
}

TEST(TomlFileTest, flattens_dotted_keys_and_marks_what_no_key_takes) {
  auto file = read_toml("proxy.listen = 1979-05-27\nx.y.z = [[1]]\n");
  ASSERT_TRUE(file);
  EXPECT_THAT(file->settings, ElementsAre(Setting{"proxy.listen", Other{}, 1}, Setting{"x.y.z", Other{}, 2}));
}

TEST(TomlFileTest, gives_each_table_of_an_array_by_itself) {
  auto file = read_toml("[[s]]\nb = 1\na = \"x\"\n[t]\nx = 1\n[[s]]\n[[s]]\nin.side = 2\n");
  ASSERT_TRUE(file);
  EXPECT_THAT(
      file->array_tables,
      ElementsAre(TomlTable{"s", {{"b", Scalar(int64_t{1}), 2}, {"a", Scalar("x"), 3}}, 1}, TomlTable{"s", {}, 6},
                  TomlTable{"s", {{"in.side", Scalar(int64_t{2}), 8}, {"in", Other{}, 8}}, 7}));
  EXPECT_THAT(file->settings, ElementsAre(Setting{"t.x", Scalar(int64_t{1}), 5}));
  EXPECT_THAT(file->tables, ElementsAre(Setting{"t", Other{}, 4}));
  EXPECT_EQ(read_toml("s = [{a = 1}]")->array_tables.size(), 1U);
}

TEST(TomlFileTest, says_in_which_line_the_text_stops_being_toml) {
  struct {
    std::string_view text;
    unsigned line;
  } const cases[] = {{"[proxy\n", 1}, {"\n\na = \n", 3}, {"a = 1\na = 2\n", 2}, {"a = \"x\n", 1}};
  for (const auto& each : cases) {
    auto file = read_toml(each.text);
    ASSERT_FALSE(file) << each.text;
    EXPECT_EQ(file.error().line, each.line) << each.text;
    EXPECT_FALSE(file.error().message.empty());
  }
}

TEST(TomlFileTest, survives_every_cut) {
  std::string text = "[proxy]\nlisten = \"127.0.0.1:1\"\nallow = [\"10.0.0.0/8\"]\n[fetch]\nretry_delay = 0.5\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    auto file = read_toml(text.substr(0, cut));
    EXPECT_TRUE(file || file.error().line >= 1) << cut;
  }
}

}  // namespace
}  // namespace weir::config
