// SPDX-License-Identifier: Apache-2.0
#include "http/date.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(Date, is_written_and_read) {
  struct Case {
    int64_t seconds;
    const char* text;
  };
  const Case cases[] = {
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},         {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
      {951827696, "Tue, 29 Feb 2000 12:34:56 GMT"}, {4102444799, "Thu, 31 Dec 2099 23:59:59 GMT"},
      {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},        {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(format_date(one.seconds), one.text);
    EXPECT_EQ(parse_date(one.text), one.seconds);
  }
}

TEST(Date, is_written_anew_with_the_second) {
  DateText text;
  for (int64_t seconds : {784111777, 784111777, 784111778, 0, 784111777})
    EXPECT_EQ(text.of(seconds), format_date(seconds));
}

TEST(Date, refuses_all_other_forms) {
  for (std::string_view bad : {"",
                               "0",
                               "Sun, 06 Nov 1994 08:49:37",
                               "Sun, 06 Nov 1994 08:49:37 UTC",
                               "Sun, 06 Nov 1994 08:49:37 gmt",
                               "sun, 06 Nov 1994 08:49:37 GMT",
                               "Mon, 06 Nov 1994 08:49:37 GMT",
                               "Sun, 06 nov 1994 08:49:37 GMT",
                               "Sun, 6 Nov 1994 08:49:37 GMT",
                               "Sun, 06 Nov 1994 8:49:37 GMT",
                               "Thu, 30 Feb 2023 00:00:00 GMT",
                               "Sun, 31 Jun 2023 00:00:00 GMT",
                               "Sun, 00 Nov 1994 08:49:37 GMT",
                               "Sun, 06 Nov 1994 24:00:00 GMT",
                               "Sun, 06 Nov 1994 08:60:37 GMT",
                               "Sun, 06 Nov 1994 08:49:60 GMT",
                               "Sun; 06 Nov 1994 08:49:37 GMT",
                               "Sun, 06-Nov-1994 08:49:37 GMT",
                               "Sunday, 06-Nov-94 08:49:37 GMT",
                               "Sun Nov  6 08:49:37 1994",
                               " Sun, 06 Nov 1994 08:49:37 GMT",
                               "Sun, 06 Nov 1994 08:49:37 GMT ",
                               "Sun, -6 Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(parse_date(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace weir::http
