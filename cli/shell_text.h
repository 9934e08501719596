// SPDX-License-Identifier: Apache-2.0
// Assignments as text for a shell or for a dotenv file.  Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"

namespace weir::cli {

// One word of a POSIX shell that stands for exactly `text`.
std::string sh_quoted(std::string_view text);

// Lines for eval in a POSIX shell: export and unset.
std::string sh_text(const std::vector<Assignment>& assignments);

// A value as dotenv readers take it: bare where it can be (docker's --env-file knows no quotes), else in quotes.
std::string dotenv_quoted(std::string_view text);

// NAME=value lines.  A dotenv file cannot take a variable away: such assignments are left out.
std::string dotenv_text(const std::vector<Assignment>& assignments);

}  // namespace weir::cli
