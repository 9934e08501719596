// SPDX-License-Identifier: Apache-2.0
// From the command line, the environment and a file to a checked Config.  Blocking: reads one small file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/locations.h"

namespace weir::config {

// A key that the command line sets, over what the file says.
struct Override {
  std::string source;  // how the user gave it, for messages: "--listen"
  std::string key;
  std::string value;
};

struct LoadOptions {
  std::filesystem::path file;  // --config; empty: the usual places
  std::vector<Override> overrides;
  std::filesystem::path folder;  // where relative paths of the command line start; absolute
};

// Errors: invalid with "FILE:LINE: KEY: what was expected" (or "--option: ..."), and for a file that
// cannot be read.
Result<Config> load(const LoadOptions& options, const Environment& environment);

// The same for a file's text; `file` is for messages and for relative paths.
Result<Config> parse(std::string_view text, const std::filesystem::path& file, const Locations& locations,
                     const LoadOptions& options = {});

// What keys demand of each other.  Errors: invalid with "KEY: what was expected".
Result<void> check_together(const Config& config);

}  // namespace weir::config
