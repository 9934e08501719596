// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace weir::cli {

// For whom a proxy runs.
enum class ServeFor {
  itself,  // until a signal ends it
  runs,  // started by weir run: also until no run is left (RunWatch); on any free port when the configured one is taken
};

// Runs the proxy in the foreground and returns the exit code; logs and errors go to stderr.  Once it answers and its
// lock note names its address, one line goes to stdout, and nothing after it: weir run waits for that line, then closes
// the pipe.
// `options`: how the same configuration is named to another weir command, for that line.  `load` reads the
// configuration again, for SIGHUP.
int serve(config::Config config, ServeFor whom, const std::string& options,
          std::function<Result<config::Config>()> load);

}  // namespace weir::cli
