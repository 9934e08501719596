// SPDX-License-Identifier: Apache-2.0
#include "http/text.h"

#include <gmock/gmock.h>

#include <vector>

namespace weir::http {
namespace {

using testing::ElementsAre;

std::vector<std::string_view> elements(std::string_view list, Brackets brackets = {}) {
  std::vector<std::string_view> found;
  while (!list.empty()) found.push_back(next_element(list, brackets));
  return found;
}

TEST(Text, classes_hold_the_bytes_of_the_rfc) {
  const std::string_view token = "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is(c, kTokenChar), token.find(c) != std::string_view::npos) << byte;
    EXPECT_EQ(is(c, kValueChar), byte == '\t' || (byte >= 0x20 && byte != 0x7f)) << byte;
    EXPECT_EQ(is(c, kTargetChar), byte > 0x20 && byte < 0x7f && byte != '#') << byte;
  }
}

TEST(Text, all_are_looks_at_every_byte) {
  EXPECT_TRUE(all_are("", kTokenChar));
  for (size_t place = 0; place < 5; ++place) {
    std::string text = "abcde";
    EXPECT_TRUE(all_are(text, kTokenChar));
    text[place] = '\0';
    EXPECT_FALSE(all_are(text, kTokenChar)) << place;
  }
  EXPECT_FALSE(is_token(""));
}

TEST(Text, compares_without_case_of_ascii_only) {
  EXPECT_TRUE(equals_ignoring_case("Content-LENGTH", "content-length"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("\xc4", "\xe4"));
  EXPECT_TRUE(starts_with_ignoring_case("Proxy-Auth", "proxy-"));
  EXPECT_FALSE(starts_with_ignoring_case("Pro", "proxy-"));
  EXPECT_EQ(lower_case("ABC-\xc4"), "abc-\xc4");
}

TEST(Text, trims_spaces_and_tabs) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\va"), "\va");
}

TEST(Text, reads_decimals_that_fit) {
  EXPECT_EQ(parse_decimal("0"), 0u);
  EXPECT_EQ(parse_decimal("007"), 7u);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  for (std::string_view bad :
       {"", "18446744073709551616", "99999999999999999999", "-1", "+1", " 1", "1 ", "0x1", "1.0", "1e3"}) {
    EXPECT_EQ(parse_decimal(bad), std::nullopt) << bad;
  }
}

TEST(Text, cuts_lists_at_commas) {
  EXPECT_THAT(elements("a, b ,\tc"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(elements(",a,,b"), ElementsAre("", "a", "", "b"));
  EXPECT_THAT(elements("a,"), ElementsAre("a"));
  EXPECT_THAT(elements(""), ElementsAre());
}

TEST(Text, commas_in_strings_and_brackets_do_not_cut) {
  EXPECT_THAT(elements(R"(a="x,y", b)"), ElementsAre(R"(a="x,y")", "b"));
  EXPECT_THAT(elements(R"("x\",y", b)"), ElementsAre(R"("x\",y")", "b"));
  EXPECT_THAT(elements(R"("never closed, b)"), ElementsAre(R"("never closed, b)"));
  EXPECT_THAT(elements(R"("ends in \)"), ElementsAre(R"("ends in \)"));
  EXPECT_THAT(elements("<a,b>, c", {'<', '>'}), ElementsAre("<a,b>", "c"));
  EXPECT_THAT(elements("<a,b>, c"), ElementsAre("<a", "b>", "c"));
  EXPECT_THAT(elements(R"(x (a (b,c) "d,), y)", {'(', ')'}), ElementsAre(R"(x (a (b,c) "d,))", "y"));
}

}  // namespace
}  // namespace weir::http
