// SPDX-License-Identifier: Apache-2.0
// The one table of options: parsing, validation, the reference and the example file all come from it.  Immutable after
// its first use; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/values.h"

namespace weir::config {

// What a value's meaning depends on beside itself.
struct ValueContext {
  std::filesystem::path folder;  // where a relative path starts
  std::filesystem::path home;    // what ~ stands for
};

struct Option {
  std::string key;       // "section.name"
  std::string expected;  // the values that it takes, as it follows "expected "
  std::string help;      // one sentence
  // Errors: invalid, with what was expected.
  std::function<Result<void>(Config& config, const Value& value, const ValueContext& context)> set;
  // Its value as TOML.
  std::function<std::string(const Config& config)> show;
  // Copies the value; for options that may be reloadable.
  std::function<void(Config& to, const Config& from)> copy = {};
  // A running proxy takes a changed value up (SIGHUP); else it needs a restart.
  bool reloadable = false;

  std::string_view section() const { return std::string_view(key).substr(0, key.find('.')); }
  std::string_view name() const { return std::string_view(key).substr(key.find('.') + 1); }
};

// All options, those of a section together.
const std::vector<Option>& options();

// Null when there is none.
const Option* find_option(std::string_view key);

struct Section {
  std::string name;
  std::string help;
};

// In the order of options().
const std::vector<Section>& sections();

// The known key that is nearest to an unknown one.
std::string nearest_key(std::string_view unknown);
std::string nearest_section(std::string_view unknown);

// The documented configuration file: every key with its help and its value, commented out.
std::string example_file();

// The same without comments: what is in force.
std::string effective_file(const Config& config);

}  // namespace weir::config
