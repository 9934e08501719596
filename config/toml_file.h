// SPDX-License-Identifier: Apache-2.0
// Reads TOML into flat settings that know their lines.  Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "config/values.h"

namespace weir::config {

// One key of a file.
struct Setting {
  std::string key;  // "section.name", with further dots for deeper tables
  Value value;
  unsigned line = 0;

  bool operator==(const Setting&) const = default;
};

// One [[table]].
struct TomlTable {
  std::string key;
  std::vector<Setting> settings;  // their keys without the table's, in the order of their lines
  unsigned line = 0;

  bool operator==(const TomlTable&) const = default;
};

// Where a text stops being TOML.
struct SyntaxError {
  unsigned line = 0;
  std::string message;

  bool operator==(const SyntaxError&) const = default;
};

struct TomlFile {
  std::vector<Setting> settings;        // in the order of their lines
  std::vector<Setting> tables;          // every table that a header or a key opens, its value Other
  std::vector<TomlTable> array_tables;  // every [[table]] of the file's first level, in their order
};

tl::expected<TomlFile, SyntaxError> read_toml(std::string_view text);

}  // namespace weir::config
