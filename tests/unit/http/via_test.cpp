// SPDX-License-Identifier: Apache-2.0
#include "http/via.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(Via, holds_the_pseudonym_wherever_it_stands) {
  for (const char* value :
       {"1.1 weir-1f", "1.0 a, 1.1 weir-1f", "HTTP/1.1\tWEIR-1F (comment)", "1.1 a (x, (y), \"), 1.1 weir-1f"}) {
    EXPECT_TRUE(via_holds({{"Via", value}}, "weir-1f")) << value;
  }
  EXPECT_TRUE(via_holds({{"Via", "1.1 a"}, {"via", "1.1 weir-1f"}}, "weir-1f"));
}

TEST(Via, is_not_fooled_by_look_alikes) {
  for (const char* value : {"", "weir-1f", "1.1 weir-1", "1.1 weir-1f0", "1.1 a (1.1 weir-1f)",
                            "1.1 a (b, 1.1 weir-1f)", "weir-1f 1.1", ","}) {
    EXPECT_FALSE(via_holds({{"Via", value}}, "weir-1f")) << value;
  }
  EXPECT_FALSE(via_holds({}, "weir-1f"));
}

TEST(Via, is_one_list) {
  EXPECT_EQ(via_of({}), "");
  EXPECT_EQ(via_of({{"Via", "1.0 a, 1.1 b"}, {"X", "1.1 c"}, {"via", "1.1 d"}}), "1.0 a, 1.1 b, 1.1 d");
}

TEST(Via, finds_what_it_added) {
  Fields fields{{"Via", "1.0 first"}};
  add_via(fields, 1, "weir-1f");
  EXPECT_EQ(fields, (Fields{{"Via", "1.0 first, 1.1 weir-1f"}}));
  EXPECT_TRUE(via_holds(fields, "weir-1f"));
  EXPECT_TRUE(via_holds(fields, "first"));
}

}  // namespace
}  // namespace weir::http
