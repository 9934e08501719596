// SPDX-License-Identifier: Apache-2.0
#include "http/fields.h"

#include <gmock/gmock.h>

namespace weir::http {
namespace {

using testing::ElementsAre;

TEST(Fields, finds_the_first_value_without_case) {
  const Fields fields{{"ETag", "a"}, {"etag", "b"}};
  ASSERT_NE(fields.find("ETAG"), nullptr);
  EXPECT_EQ(*fields.find("ETAG"), "a");
  EXPECT_EQ(fields.get("eTag"), "a");
  EXPECT_THAT(fields.all("etag"), ElementsAre("a", "b"));
  EXPECT_EQ(fields.count("Etag"), 2u);
  EXPECT_EQ(fields.find("etags"), nullptr);
  EXPECT_EQ(fields.get("none"), "");
  EXPECT_FALSE(fields.has("none"));
}

TEST(Fields, an_empty_value_is_a_value) {
  const Fields fields{{"Accept", ""}};
  EXPECT_TRUE(fields.has("accept"));
  EXPECT_EQ(fields.get("accept"), "");
}

TEST(Fields, looks_for_a_token_in_every_line) {
  const Fields fields{{"Connection", "keep-alive , Foo"}, {"Other", "close"}, {"connection", "x, Close"}};
  EXPECT_TRUE(fields.has_token("connection", "foo"));
  EXPECT_TRUE(fields.has_token("Connection", "close"));
  EXPECT_FALSE(fields.has_token("connection", "keep"));
  EXPECT_FALSE(fields.has_token("connection", "keep-alive , Foo"));
  EXPECT_FALSE(fields.has_token("none", "close"));
}

TEST(Fields, set_replaces_all_of_a_name) {
  Fields fields{{"A", "1"}, {"B", "2"}, {"a", "3"}};
  fields.set("A", "4");
  EXPECT_EQ(fields, (Fields{{"B", "2"}, {"A", "4"}}));
}

TEST(Fields, set_and_remove_take_views_of_their_own_fields) {
  Fields fields{
      {"First-name-that-is-long", "1"}, {"first-Name-that-is-long", "2"}, {"B", "a value on the heap, not in place"}};
  fields.set(fields.begin()->name, fields.get("b"));
  EXPECT_EQ(fields, (Fields{{"B", "a value on the heap, not in place"},
                            {"First-name-that-is-long", "a value on the heap, not in place"}}));
  EXPECT_EQ(fields.remove(fields.begin()->name), 1u);
  EXPECT_EQ(fields.size(), 1u);
}

TEST(Fields, remove_says_how_many_went) {
  Fields fields{{"A", "1"}, {"B", "2"}, {"a", "3"}};
  EXPECT_EQ(fields.remove("a"), 2u);
  EXPECT_EQ(fields.remove("a"), 0u);
  EXPECT_EQ(fields, (Fields{{"B", "2"}}));
  EXPECT_EQ(fields.remove_if([](const Field& field) { return field.value == "2"; }), 1u);
  EXPECT_TRUE(fields.empty());
}

}  // namespace
}  // namespace weir::http
