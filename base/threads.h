// SPDX-License-Identifier: Apache-2.0
// Threads that the system may refuse: for want of processes (RLIMIT_NPROC, the pids of a cgroup) or of memory.
#pragma once

#include <cstddef>
#include <functional>
#include <thread>

#include "base/result.h"

namespace weir {

// Names the limits that may be raised.
Error no_thread_error();

// A thread that runs `work`.  Errors: io, as above.
Result<std::thread> start_thread(std::function<void()> work);

// Blocking.  Whether the system gives so many threads at a time, besides those that run: makes them all, and ends them.
// Errors: io, as above and with that number.
Result<void> check_threads(size_t count);

}  // namespace weir
