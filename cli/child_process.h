// SPDX-License-Identifier: Apache-2.0
// Starts other programs: the user's command, which `weir run` stands for, and the proxy behind it.  Blocking; for a
// process with one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "cli/environment.h"

namespace weir::cli {

struct ChildEnd {
  int exit_code = 0;    // of the command; 128 + n when the signal n ended it; 127 not found, 126 not executable
  std::string problem;  // why it could not be started; else empty
};

// Runs the command (found by PATH) with the environment and waits for its end.  Signals that are sent to this process
// alone (SIGTERM, SIGINT, SIGHUP, SIGQUIT) are sent on to it; those of the terminal reach it anyway.
ChildEnd run_command(const std::vector<std::string>& command, const Environment& environment);

// Starts this very program with `arguments` in a session of its own, with the environment of this process, stderr
// appended to `log_file` and stdin empty.  Returns the read end of its stdout: the end of file there before a line is
// the end of the program.  Errors: io.
Result<UniqueFd> start_detached(const std::vector<std::string>& arguments, const std::filesystem::path& log_file);

}  // namespace weir::cli
