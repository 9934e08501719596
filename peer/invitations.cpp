// SPDX-License-Identifier: Apache-2.0
#include "peer/invitations.h"

#include <utility>

#include "base/random.h"
#include "peer/join_code.h"

namespace weir::peer {

Secret Invitations::open(MonotonicTime now) {
  Secret secret(random_bytes(kCodeHalf));
  std::lock_guard lock(mutex_);
  secret_ = secret;
  until_ = now + kInvitationTime;
  return secret;
}

std::optional<Secret> Invitations::use(MonotonicTime now) {
  std::lock_guard lock(mutex_);
  auto secret = std::exchange(secret_, std::nullopt);
  return now < until_ ? secret : std::nullopt;
}

}  // namespace weir::peer
