// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <stdexcept>

namespace weir {

// From now on the process gets so many threads at most, its first one counted.  For a process that ends with the test:
// root, whom the limit does not bind, becomes a user of whom nothing else runs, and for others there is one thread too
// many already.
inline void allow_few_threads(rlim_t count) {
  constexpr uid_t kNobodyElse = 54'321;
  rlimit limit{count, count};
  if (::setrlimit(RLIMIT_NPROC, &limit) != 0) throw std::runtime_error("the limit cannot be set");
  if (::geteuid() == 0 && ::setuid(kNobodyElse) != 0) throw std::runtime_error("root cannot become somebody else");
}

}  // namespace weir
