// SPDX-License-Identifier: Apache-2.0
// When the store is brought under its limits without need: at local times of day.  Pure, but for the process's time
// zone.
#pragma once

#include <vector>

#include "base/clock.h"
#include "cas/options.h"

namespace weir::cas {

// Whether one of the times came between two looks at the clock: after `last`, and not after `now`.  True once, however
// many there were.  Where the clock was set back nothing is due; a time that a change to or from summer time leaves out
// or repeats comes once.
bool is_due(const std::vector<TimeOfDay>& times, WallTime last, WallTime now);

}  // namespace weir::cas
