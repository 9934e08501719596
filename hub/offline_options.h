// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"

namespace weir::hub {

enum class OfflineMode {
  automatic,  // what is held and remembered is served while the hub cannot be reached
  always,     // the hub is never asked
  never,      // nothing is served that the hub was not asked about
};

struct OfflineOptions {
  OfflineMode mode = OfflineMode::automatic;
  Duration patience{5'000};         // for the hub's answer, where what is held could be served instead
  Duration probe_interval{10'000};  // between attempts to reach a hub that is down
};

}  // namespace weir::hub
