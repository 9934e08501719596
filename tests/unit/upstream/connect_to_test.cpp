// SPDX-License-Identifier: Apache-2.0
#include "upstream/connect_to.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

TEST(ConnectToTest, takes_what_curl_takes) {
  EXPECT_EQ(ConnectTo::parse("hub.test:443:127.0.0.1:8443").value(), (ConnectTo{"hub.test", 443, "127.0.0.1", 8443}));
  EXPECT_EQ(ConnectTo::parse("::127.0.0.1:8443").value(), (ConnectTo{"", 0, "127.0.0.1", 8443}));
  EXPECT_EQ(ConnectTo::parse("hub.test:443::").value(), (ConnectTo{"hub.test", 443, "", 0}));
  EXPECT_EQ(ConnectTo::parse("hub.test::mirror.lab:").value(), (ConnectTo{"hub.test", 0, "mirror.lab", 0}));
  EXPECT_EQ(ConnectTo::parse("[2600::1]:443:[::1]:8443").value(), (ConnectTo{"2600::1", 443, "::1", 8443}));
}

TEST(ConnectToTest, refuses_all_else_and_says_the_form) {
  for (const char* entry :
       {"", "hub.test", "hub.test:443", "hub.test:443:127.0.0.1", "hub.test:0:127.0.0.1:1",
        "hub.test:443:127.0.0.1:65536", "hub.test:443:127.0.0.1:8443x", "hub.test:-1:127.0.0.1:1",
        "hub.test:443:::1:8443", "[::1:443:a:1", "[]:443:a:1", "[::1]443:a:1", "hub.test: 443:a:1"}) {
    auto parsed = ConnectTo::parse(entry);
    ASSERT_FALSE(parsed) << entry;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_NE(parsed.error().message.find("HOST:PORT:ADDR:PORT"), std::string::npos);
  }
}

TEST(ConnectToTest, matches_without_case_and_empty_parts_match_all) {
  auto entry = ConnectTo::parse("Hub.test:443:127.0.0.1:8443").value();
  EXPECT_TRUE(entry.matches("hub.TEST", 443));
  EXPECT_FALSE(entry.matches("hub.test", 80));
  EXPECT_FALSE(entry.matches("a.hub.test", 443));
  auto all = ConnectTo::parse("::127.0.0.1:8443").value();
  EXPECT_TRUE(all.matches("example.org", 80));
}

TEST(ConnectToTest, the_first_match_must_name_an_address_to_be_the_operators_choice) {
  EXPECT_FALSE(is_operators_choice({}, "hub.test", 443));
  EXPECT_TRUE(is_operators_choice({"hub.test:443:127.0.0.1:8443"}, "hub.test", 443));
  EXPECT_FALSE(is_operators_choice({"hub.test:443:127.0.0.1:8443"}, "example.org", 443));
  EXPECT_FALSE(is_operators_choice({"hub.test:443::8443", "hub.test:443:127.0.0.1:8443"}, "hub.test", 443));
  EXPECT_TRUE(is_operators_choice({"not an entry", "::127.0.0.1:8443"}, "hub.test", 443));
}

TEST(ConnectToTest, an_entry_counts_with_an_address_and_without) {
  std::vector<std::string> entries{"not an entry", "hub.test:443::8443"};
  EXPECT_TRUE(has_entry(entries, "hub.test", 443));
  EXPECT_FALSE(has_entry(entries, "hub.test", 80));
  EXPECT_FALSE(has_entry({}, "hub.test", 443));
}

}  // namespace
}  // namespace weir::upstream
