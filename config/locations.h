// SPDX-License-Identifier: Apache-2.0
// Where Weir keeps its things when nobody says otherwise: the XDG base directory specification.  Pure but for the
// search for a configuration file.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"

namespace weir::config {

// Environment variables by name.
using Environment = std::map<std::string, std::string, std::less<>>;

struct Locations {
  std::filesystem::path home;      // what ~ stands for
  std::filesystem::path data;      // holds store/ and ca/
  std::filesystem::path settings;  // may hold weir.toml

  bool operator==(const Locations&) const = default;
};

// Errors: invalid when HOME is not an absolute path.
Result<Locations> locations_of(const Environment& environment);

// The configuration file to read: $WEIR_CONFIG, else weir.toml in the settings folder if it is there, else
// /etc/weir/weir.toml if it is there, else none (empty).
std::filesystem::path find_config_file(const Environment& environment, const Locations& locations);

// `text` as an absolute path without "." and "..": ~ and ~/... are the home folder's, and a relative path starts at
// `folder`.
std::filesystem::path resolve_path(const std::string& text, const std::filesystem::path& folder,
                                   const std::filesystem::path& home);

}  // namespace weir::config
