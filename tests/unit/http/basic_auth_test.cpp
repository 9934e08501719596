// SPDX-License-Identifier: Apache-2.0
#include "http/basic_auth.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(BasicAuthTest, reads_name_and_password) {
  EXPECT_EQ(parse_basic("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            (BasicCredentials{"Aladdin", Secret("open sesame")}));  // RFC 7617, section 2
  EXPECT_EQ(parse_basic("basic   dGVzdDoxMjPCow=="), (BasicCredentials{"test", Secret("123\xc2\xa3")}));
  EXPECT_EQ(parse_basic("Basic YTpiOmM="), (BasicCredentials{"a", Secret("b:c")}));
  EXPECT_EQ(parse_basic("Basic Og=="), (BasicCredentials{"", Secret("")}));
}

TEST(BasicAuthTest, takes_nothing_else) {
  for (const char* value :
       {"", "Basic", "Basic ", "Bearer YTpi", "BasicYTpi", "Basic YWI=", "Basic a:b", "Basic YTpi YTpi"})
    EXPECT_EQ(parse_basic(value), std::nullopt) << value;
}

}  // namespace
}  // namespace weir::http
