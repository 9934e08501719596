// SPDX-License-Identifier: Apache-2.0
// The sources, for people and as JSON: what /-/sources says of them, or without a running proxy what is configured.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "upstream/options.h"

namespace weir::cli {

// The answer of /-/sources as lines for people.  Errors: io when it is not that.
Result<std::string> sources_text(const std::string& json);

// What the sources gave between two answers of /-/sources, as a line: "sources: origin 3.1 MB, nas 12.0 MB".  "" when
// it was the origin alone, and when one of the two is no such answer.
std::string sources_since(const std::string& before, const std::string& after);

// What is configured, where no proxy runs.  Of URLs the hosts alone.
std::string configured_sources_text(const std::vector<upstream::SourceOptions>& sources);
std::string configured_sources_json(const std::vector<upstream::SourceOptions>& sources);

}  // namespace weir::cli
