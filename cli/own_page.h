// SPDX-License-Identifier: Apache-2.0
// What a running proxy says on one of its own pages.  Blocking.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/running_server.h"
#include "config/config.h"

namespace weir::cli {

// The text of the page, with a line's end.  Errors: io when the proxy does not answer or has no such page, refused when
// it keeps it from here; each a sentence for people.
Result<std::string> read_own_page(const config::Config& config, const RunningServer& server, std::string_view path);

}  // namespace weir::cli
