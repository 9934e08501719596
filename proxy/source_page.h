// SPDX-License-Identifier: Apache-2.0
// The sources on the admin surface: a page of their own, and their metrics.  Of their URLs it shows the hosts alone.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "upstream/source_table.h"

namespace weir::proxy {

// JSON: {"sources": [...]}, the origin first.  Times are seconds since 1970; what did not happen is null.
std::string sources_json(const std::vector<upstream::SourceReport>& reports, WallTime now);

// Prometheus text, with the source's name as a label.
std::string source_metrics(const std::vector<upstream::SourceReport>& reports);

}  // namespace weir::proxy
