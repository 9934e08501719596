// SPDX-License-Identifier: Apache-2.0
// The tables [[source]]: what each of their keys takes, and how they are shown.  Their URLs are secrets, which no
// message and no output quotes.  Pure.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "config/toml_file.h"

namespace weir::config {

struct SourceKey {
  std::string name;
  std::string expected;                     // the values that it takes, as it follows "expected "
  std::string help;                         // one sentence
  std::vector<upstream::SourceKind> kinds;  // that have it
  // False: the value is not what is expected.
  std::function<bool(upstream::SourceOptions& source, const Value& value)> set;
  // Its value as TOML.
  std::function<std::string(const upstream::SourceOptions& source)> show;
};

const std::vector<SourceKey>& source_keys();

// Makes config.sources of the file's tables: the origin first, which needs no table, then the others in their order.
// After all other keys.  Errors: invalid with "FILE:LINE: source.KEY: what was expected".
Result<void> read_sources(Config& config, const TomlFile& toml, const std::filesystem::path& file);

// A value of WEIR_NO_STORJ: true switches the sources of that kind off.  Errors: invalid.
Result<void> apply_no_storj(Config& config, const std::string& value);

// The keys and an example of each kind, commented out.
std::string example_sources();

// What is in force, as TOML.
std::string effective_sources(const Config& config);

}  // namespace weir::config
