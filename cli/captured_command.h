// SPDX-License-Identifier: Apache-2.0
// Runs a tool of the system and keeps what it says.  Blocking.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace weir::cli {

struct CapturedEnd {
  int exit_code = 0;   // 128 + n when the signal n ended it
  std::string output;  // stdout and stderr together, the first MiB
};

// Runs the command (found by PATH) to its end, with nothing to read and without a terminal to ask questions at.
// Errors: io, when it cannot be started.
Result<CapturedEnd> run_captured(const std::vector<std::string>& command);

}  // namespace weir::cli
