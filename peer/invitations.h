// SPDX-License-Identifier: Apache-2.0
// The invitation that is open, if any.  It is good for one attempt, right or wrong, within its time; a new one takes
// the place of the last.  Kept in memory alone.  Time is an argument; thread-safe.
#pragma once

#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/secret.h"

namespace weir::peer {

inline constexpr Duration kInvitationTime{600'000};

class Invitations {
 public:
  // The secret of a new one.
  Secret open(MonotonicTime now);
  // Somebody tries: uses the invitation up and returns its secret.  Nothing when none is open.
  std::optional<Secret> use(MonotonicTime now);

 private:
  std::mutex mutex_;
  std::optional<Secret> secret_;  // guarded by mutex_
  MonotonicTime until_{};         // guarded by mutex_
};

}  // namespace weir::peer
