// SPDX-License-Identifier: Apache-2.0
#include "http/conditional.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

const EntityTag kCurrent{"abc", false};
const EntityTag kWeak{"abc", true};

TEST(ParseEntityTag, reads_weak_and_strong) {
  EXPECT_EQ(parse_entity_tag(R"("abc")"), kCurrent);
  EXPECT_EQ(parse_entity_tag(R"(W/"abc")"), kWeak);
  EXPECT_EQ(parse_entity_tag(R"("")"), (EntityTag{"", false}));
  EXPECT_EQ(parse_entity_tag("\"a,\xff\\\""), (EntityTag{"a,\xff\\", false}));
  for (std::string_view bad :
       {"", "abc", "\"", "\"abc", "abc\"", "w/\"abc\"", "W/abc", "W/", "W /\"abc\"", "\"a\"b\"", "\"a b\"", "\"a\tb\"",
        "\"a\x01\"", "\"a\x7f\"", " \"abc\"", "\"abc\" ", "'abc'", "*", "\"a\", \"b\""}) {
    EXPECT_EQ(parse_entity_tag(bad), std::nullopt) << bad;
  }
}

TEST(EntityTag, is_written_as_it_is_read) {
  for (const EntityTag& tag : {kCurrent, kWeak, EntityTag{"", true}}) EXPECT_EQ(parse_entity_tag(tag.text()), tag);
  EXPECT_EQ(kWeak.text(), R"(W/"abc")");
}

TEST(UnquotedEntityTag, takes_all_spellings) {
  for (std::string_view value : {"abc", "\"abc\"", "W/\"abc\"", " \"abc\" ", "W/abc"})
    EXPECT_EQ(unquoted_entity_tag(value), "abc") << value;
  EXPECT_EQ(unquoted_entity_tag("\""), "\"");
  EXPECT_EQ(unquoted_entity_tag(""), "");
}

TEST(EntityTag, compares_as_the_rfc_tables_say) {
  const EntityTag other{"x", false};
  EXPECT_TRUE(strongly_equal(kCurrent, kCurrent));
  EXPECT_FALSE(strongly_equal(kWeak, kCurrent));
  EXPECT_FALSE(strongly_equal(kCurrent, kWeak));
  EXPECT_FALSE(strongly_equal(kWeak, kWeak));
  EXPECT_FALSE(strongly_equal(kCurrent, other));
  EXPECT_TRUE(weakly_equal(kCurrent, kWeak));
  EXPECT_TRUE(weakly_equal(kWeak, kWeak));
  EXPECT_FALSE(weakly_equal(kCurrent, other));
}

TEST(IfNoneMatch, names_what_is_there) {
  auto names = [](std::string_view value) {
    return if_none_match_names(Fields{{"If-None-Match", std::string(value)}}, kCurrent);
  };
  for (std::string_view value :
       {R"("abc")", R"(W/"abc")", R"("x", "abc")", R"("x","abc","y")", R"("x,abc", "abc")", "*"}) {
    EXPECT_TRUE(names(value)) << value;
  }
  for (std::string_view value :
       {"", "abc", R"("x")", R"("x,abc")", R"("ABC")", R"("abcd")", R"("*")", R"(*, "x")", R"("x" "abc")", ", ,"}) {
    EXPECT_FALSE(names(value)) << value;
  }
  EXPECT_FALSE(if_none_match_names({}, kCurrent));
  EXPECT_TRUE(if_none_match_names({{"If-None-Match", "\"x\""}, {"if-none-match", "\"abc\""}}, kCurrent));
}

TEST(IfRange, allows_the_strongly_equal_only) {
  auto allows = [](std::string_view value) {
    return if_range_allows(Fields{{"If-Range", std::string(value)}}, kCurrent);
  };
  EXPECT_TRUE(if_range_allows({}, kCurrent));
  EXPECT_TRUE(allows(R"("abc")"));
  for (std::string_view value :
       {"", "abc", R"(W/"abc")", R"("x")", R"("x", "abc")", "*", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(allows(value)) << value;
  }
  EXPECT_FALSE(if_range_allows({{"If-Range", "\"abc\""}}, kWeak));
  EXPECT_FALSE(if_range_allows({{"If-Range", "\"abc\""}, {"if-range", "\"x\""}}, kCurrent));
}

}  // namespace
}  // namespace weir::http
