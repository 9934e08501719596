// SPDX-License-Identifier: Apache-2.0
#include "peer/invitations.h"

#include <gtest/gtest.h>

#include "peer/join_code.h"

namespace weir::peer {
namespace {

const MonotonicTime kStart{std::chrono::hours(1)};

TEST(Invitations, are_good_for_one_attempt) {
  Invitations invitations;
  EXPECT_EQ(invitations.use(kStart), std::nullopt);
  auto secret = invitations.open(kStart);
  EXPECT_EQ(secret.reveal().size(), kCodeHalf);
  EXPECT_EQ(invitations.use(kStart + Duration(1)), secret);
  EXPECT_EQ(invitations.use(kStart + Duration(1)), std::nullopt);
}

TEST(Invitations, expire) {
  Invitations invitations;
  auto secret = invitations.open(kStart);
  EXPECT_EQ(invitations.use(kStart + kInvitationTime - Duration(1)), secret);
  invitations.open(kStart);
  EXPECT_EQ(invitations.use(kStart + kInvitationTime), std::nullopt);
}

TEST(Invitations, give_way_to_a_new_one) {
  Invitations invitations;
  auto first = invitations.open(kStart);
  auto second = invitations.open(kStart + Duration(1));
  EXPECT_NE(first, second);
  EXPECT_EQ(invitations.use(kStart + kInvitationTime), second);
}

}  // namespace
}  // namespace weir::peer
