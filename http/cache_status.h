// SPDX-License-Identifier: Apache-2.0
// The Cache-Status header (RFC 9211).
#pragma once

#include <string>
#include <string_view>

namespace weir::http {

enum class CacheOutcome {
  hit,        // from the store, without a body from the origin
  collapsed,  // from a fetch that another request had started
  miss,       // from a fetch that this request started
  pass,       // relayed; the store had no say
};

// "hit", "collapsed", "miss" or "pass", for log lines and counters.
std::string_view name_of(CacheOutcome outcome);

// One member of the list, for example: Weir; fwd=miss; detail="partial".  `name` is the cache's; `detail` is left out
// when empty, and bytes of it that the grammar has no place for become question marks.
std::string cache_status(std::string_view name, CacheOutcome outcome, std::string_view detail = "");

}  // namespace weir::http
