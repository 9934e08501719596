// SPDX-License-Identifier: Apache-2.0
// A password from a person or a program, never from the command line, which others can see.  Blocking; for a process
// with one thread.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace weir::cli {

// Asks twice at the terminal, without echo.  Errors: invalid when the two differ, when it is no password (empty, above
// 1 KiB, other characters than printable ASCII), and when there is no terminal.  A signal that comes meanwhile ends the
// process as ever, the echo back on.
Result<Secret> ask_for_new_password(const std::string& whose);

// The first line of stdin.  Errors: invalid when it is no password; io.
Result<Secret> read_password_from_stdin();

}  // namespace weir::cli
