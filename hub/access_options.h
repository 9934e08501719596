// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"

namespace weir::hub {

// How long the hub's yes holds for further files of the same repository.
struct AccessOptions {
  Duration ttl{60'000};                // to the same credentials
  Duration anonymous_ttl{600'000};     // to clients without any
  Duration offline_grace{86'400'000};  // to the same credentials, while the hub cannot be asked
};

}  // namespace weir::hub
