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

// 1994-11-06 08:49:37
constexpr int64_t kModified = 784'111'777;
const Validators kState{kCurrent, kModified, kModified + 100};
const std::string kThen = "Sun, 06 Nov 1994 08:49:37 GMT";
const std::string kEarlier = "Sun, 06 Nov 1994 08:49:36 GMT";
const std::string kLater = "Sun, 06 Nov 1994 08:49:38 GMT";

TEST(Validators, are_read_from_an_answer) {
  EXPECT_EQ(validators_of({{"etag", R"("abc")"}, {"last-modified", kThen}, {"date", kLater}}),
            (Validators{kCurrent, kModified, kModified + 1}));
  EXPECT_EQ(validators_of({}), Validators{});
  EXPECT_EQ(validators_of({{"ETag", "abc"}, {"Last-Modified", "yesterday"}, {"Date", "0"}}), Validators{});
}

Precondition judged(const Fields& request, const Validators& state = kState) {
  return judge_preconditions(request, state);
}

TEST(IfNoneMatch, names_what_is_there) {
  auto names = [](std::string_view value) {
    return judged({{"If-None-Match", std::string(value)}}) == Precondition::not_modified;
  };
  for (std::string_view value :
       {R"("abc")", R"(W/"abc")", R"("x", "abc")", R"("x","abc","y")", R"("x,abc", "abc")", "*"}) {
    EXPECT_TRUE(names(value)) << value;
  }
  for (std::string_view value :
       {"", "abc", R"("x")", R"("x,abc")", R"("ABC")", R"("abcd")", R"("*")", R"(*, "x")", R"("x" "abc")", ", ,"}) {
    EXPECT_FALSE(names(value)) << value;
  }
  EXPECT_EQ(judged({}), Precondition::met);
  EXPECT_EQ(judged({{"If-None-Match", "\"x\""}, {"if-none-match", "\"abc\""}}), Precondition::not_modified);
  EXPECT_EQ(judged({{"If-None-Match", "\"abc\""}}, {}), Precondition::met);
}

TEST(IfModifiedSince, names_a_date_that_is_not_before) {
  auto since = [](std::string_view date, const Validators& state = kState) {
    return judged({{"If-Modified-Since", std::string(date)}}, state);
  };
  EXPECT_EQ(since(kEarlier), Precondition::met);
  EXPECT_EQ(since(kThen), Precondition::not_modified);
  EXPECT_EQ(since(kLater), Precondition::not_modified);
  EXPECT_EQ(since(kLater, {kCurrent, std::nullopt, std::nullopt}), Precondition::met);
  for (std::string_view value : {"", "0", "now", "Sun, 06 Nov 1994 08:49:38", "Mon, 06 Nov 1994 08:49:38 GMT"})
    EXPECT_EQ(since(value), Precondition::met) << value;
  EXPECT_EQ(judged({{"If-Modified-Since", kLater}, {"If-Modified-Since", kLater}}), Precondition::met);
}

TEST(IfModifiedSince, counts_only_without_an_entity_tag) {
  EXPECT_EQ(judged({{"If-None-Match", "\"x\""}, {"If-Modified-Since", kLater}}), Precondition::met);
  EXPECT_EQ(judged({{"If-None-Match", "\"abc\""}, {"If-Modified-Since", kEarlier}}), Precondition::not_modified);
}

TEST(IfMatch, names_the_strong_tag) {
  auto match = [](std::string_view value, const Validators& state = kState) {
    return judged({{"If-Match", std::string(value)}}, state);
  };
  for (std::string_view value : {R"("abc")", R"("x", "abc")", "*"}) EXPECT_EQ(match(value), Precondition::met) << value;
  for (std::string_view value : {"", "abc", R"(W/"abc")", R"("x")"})
    EXPECT_EQ(match(value), Precondition::failed) << value;
  EXPECT_EQ(match("\"abc\"", {kWeak, std::nullopt, std::nullopt}), Precondition::failed);
  EXPECT_EQ(match("*", {}), Precondition::met);
}

TEST(IfUnmodifiedSince, names_a_date_that_is_not_before) {
  auto since = [](std::string_view date) { return judged({{"If-Unmodified-Since", std::string(date)}}); };
  EXPECT_EQ(since(kEarlier), Precondition::failed);
  EXPECT_EQ(since(kThen), Precondition::met);
  EXPECT_EQ(since(kLater), Precondition::met);
  EXPECT_EQ(since("yesterday"), Precondition::met);
  EXPECT_EQ(judged({{"If-Unmodified-Since", kEarlier}}, {}), Precondition::met);
  EXPECT_EQ(judged({{"If-Match", "\"abc\""}, {"If-Unmodified-Since", kEarlier}}), Precondition::met);
}

TEST(Preconditions, stand_in_the_order_of_the_rfc) {
  EXPECT_EQ(judged({{"If-None-Match", "\"abc\""}, {"If-Match", "\"x\""}}), Precondition::failed);
  EXPECT_EQ(judged({{"If-None-Match", "\"abc\""}, {"If-Match", "\"abc\""}}), Precondition::not_modified);
}

TEST(IfRange, allows_the_strongly_equal_only) {
  const Validators by_tag{kCurrent, std::nullopt, std::nullopt};
  auto allows = [&](std::string_view value) {
    return if_range_allows(Fields{{"If-Range", std::string(value)}}, by_tag);
  };
  EXPECT_TRUE(if_range_allows({}, by_tag));
  EXPECT_TRUE(if_range_allows({}, {}));
  EXPECT_TRUE(allows(R"("abc")"));
  for (std::string_view value :
       {"", "abc", R"(W/"abc")", R"("x")", R"("x", "abc")", "*", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(allows(value)) << value;
  }
  EXPECT_FALSE(if_range_allows({{"If-Range", "\"abc\""}}, {kWeak, std::nullopt, std::nullopt}));
  EXPECT_FALSE(if_range_allows({{"If-Range", "\"abc\""}, {"if-range", "\"x\""}}, by_tag));
}

TEST(IfRange, allows_exactly_the_date_where_it_is_strong) {
  auto allows = [](std::string_view value, const Validators& state = kState) {
    return if_range_allows(Fields{{"If-Range", std::string(value)}}, state);
  };
  EXPECT_TRUE(allows(kThen));
  EXPECT_FALSE(allows(kEarlier));
  EXPECT_FALSE(allows(kLater));
  EXPECT_FALSE(allows("Sunday, 06-Nov-94 08:49:37 GMT"));
  // Changed within the second of the answer, it may have changed again.
  EXPECT_FALSE(allows(kThen, {kCurrent, kModified, kModified}));
  EXPECT_FALSE(allows(kThen, {kCurrent, kModified, std::nullopt}));
}

}  // namespace
}  // namespace weir::http
