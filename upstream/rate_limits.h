// SPDX-License-Identifier: Apache-2.0
// How fast all fetches together may take bytes, from each source and from all.  A rate that changes holds from the next
// byte on.  Pure; time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "base/token_bucket.h"
#include "upstream/source_table.h"

namespace weir::upstream {

class RateLimits {
 public:
  // How long until bytes may be taken from the source; 0: now.  Rates are bytes a second, 0 for none.
  Duration wait(const Source& source, uint64_t source_rate, uint64_t rate_of_all, MonotonicTime now);
  // Bytes were taken.
  void take(const Source& source, uint64_t source_rate, uint64_t rate_of_all, uint64_t bytes, MonotonicTime now);

 private:
  struct Limit {
    uint64_t rate = 0;
    std::optional<TokenBucket> bucket;  // of that rate; nothing: no limit

    TokenBucket* at(uint64_t wanted_rate, MonotonicTime now);
  };

  Limit all_;
  std::unordered_map<const Source*, Limit> sources_;  // those that have or had a rate
};

}  // namespace weir::upstream
