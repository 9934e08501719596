// SPDX-License-Identifier: Apache-2.0
// What becomes of a running proxy's configuration when its file was read anew.  Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace weir::config {

struct Reload {
  Config config;                     // the running one with all values that a running proxy takes up
  std::vector<std::string> taken;    // the keys of those that changed
  std::vector<std::string> waiting;  // the keys that changed and need a restart
};

// Errors: invalid, when what can be taken up does not go together with what cannot.
Result<Reload> plan_reload(const Config& running, const Config& read);

}  // namespace weir::config
