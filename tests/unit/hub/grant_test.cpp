// SPDX-License-Identifier: Apache-2.0
#include "hub/grant.h"

#include <gtest/gtest.h>

namespace weir::hub {
namespace {

const ResolveRequest kRequest{"https://huggingface.co/a/b/resolve/main/c"};

TEST(GrantTest, holds_the_credentials_of_the_request) {
  auto grant = make_grant({{"authorization", "Bearer hf_a"}, {"Cookie", "token=b"}, {"Accept", "*/*"}}, kRequest);
  EXPECT_EQ(grant->authorization.reveal(), "Bearer hf_a");
  EXPECT_EQ(grant->cookie.reveal(), "token=b");
  EXPECT_EQ(std::get<ResolveRequest>(grant->accepted_for), kRequest);
}

TEST(GrantTest, an_anonymous_client_has_empty_ones) {
  auto grant = make_grant({}, LfsRequest{"https://huggingface.co/a/b.git/info/lfs/objects/batch", {}, 5});
  EXPECT_TRUE(grant->authorization.empty());
  EXPECT_TRUE(grant->cookie.empty());
  EXPECT_EQ(std::get<LfsRequest>(grant->accepted_for).size, 5u);
}

TEST(GrantTest, the_same_right_twice_is_equal) {
  http::Fields request = {{"Authorization", "Bearer hf_a"}};
  EXPECT_EQ(*make_grant(request, kRequest), *make_grant(request, kRequest));
  EXPECT_NE(*make_grant(request, kRequest), *make_grant({}, kRequest));
  EXPECT_NE(*make_grant(request, kRequest), *make_grant(request, ResolveRequest{"https://huggingface.co/x"}));
}

}  // namespace
}  // namespace weir::hub
