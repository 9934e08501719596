// SPDX-License-Identifier: Apache-2.0
// Lets a proxy that `weir run` started end with the last run that uses it, however that ends.  Each run holds a shared
// lock on the file `runs` in the store's folder; the proxy waits for an exclusive one, and never gives it back: a run
// that begins just then waits for the old proxy's end instead of counting on it.  The locks are the kernel's (flock),
// so a killed run is an ended one.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::cli {

// A run's part: while it lives, no proxy of a run ends for want of runs.
class RunLease {
 public:
  // Makes the file; its folder must be there.  Where its disk takes no change and there is none, the lease is of
  // nothing. Waits while an ending proxy still has the lock.  Errors: io.
  static Result<RunLease> take(const std::filesystem::path& store_root);

 private:
  explicit RunLease(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// The proxy's part.
class RunWatch {
 public:
  // Calls `on_last_run_ended` once, from a thread of its own, when no run is left; at once when there is none already.
  // Errors: io.
  static Result<std::unique_ptr<RunWatch>> start(const std::filesystem::path& store_root,
                                                 std::function<void()> on_last_run_ended);
  // The callback does not run, or is over, afterwards.  The lock, once taken, stays until the process ends.
  ~RunWatch();
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;

 private:
  struct State;
  explicit RunWatch(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace weir::cli
