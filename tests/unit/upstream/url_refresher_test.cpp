// SPDX-License-Identifier: Apache-2.0
// The list of grants; what is asked with them stands in the component tests of fetches.
#include "upstream/url_refresher.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

hub::SharedGrant grant(const std::string& token) {
  return hub::make_grant({{"Authorization", token}}, hub::ResolveRequest{"https://hub.test/a"});
}

TEST(GrantListTest, the_latest_is_asked_first) {
  GrantList list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.latest(), nullptr);
  auto first = grant("first");
  auto second = grant("second");
  list.add(first);
  list.add(second);
  EXPECT_EQ(list.latest(), second);
  list.remove(second);
  EXPECT_EQ(list.latest(), first);
  list.remove(second);
  list.remove(first);
  EXPECT_TRUE(list.empty());
}

TEST(GrantListTest, the_same_credentials_count_once) {
  GrantList list;
  auto first = grant("same");
  list.add(first);
  list.add(grant("same"));
  list.remove(first);
  EXPECT_TRUE(list.empty());
}

TEST(GrantListTest, the_oldest_goes_above_the_bound) {
  GrantList list;
  std::weak_ptr<const hub::Grant> oldest;
  std::weak_ptr<const hub::Grant> second;
  for (size_t i = 0; i <= GrantList::kMost; ++i) {
    auto added = grant(std::to_string(i));
    if (i == 0) oldest = added;
    if (i == 1) second = added;
    list.add(std::move(added));
  }
  EXPECT_TRUE(oldest.expired());
  EXPECT_FALSE(second.expired());
  EXPECT_EQ(list.latest()->authorization.reveal(), std::to_string(GrantList::kMost));
}

}  // namespace
}  // namespace weir::upstream
