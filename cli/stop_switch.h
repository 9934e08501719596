// SPDX-License-Identifier: Apache-2.0
// Tells blocking work to end: a descriptor that becomes readable once and stays so.  Thread-safe.
#pragma once

#include <csignal>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::cli {

class StopSwitch {
 public:
  // Errors: no_descriptors, io.
  static Result<StopSwitch> make();

  // Also from a signal handler.
  void pull() const;
  bool pulled() const;
  int fd() const { return fd_.get(); }
  // Sleeps, no longer than until the switch is pulled.  Returns pulled().
  bool sleep(Duration time) const;

 private:
  explicit StopSwitch(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// While it lives, SIGINT and SIGTERM pull a switch; the second of a kind ends the process as ever.  One at a time.
class StopOnSignals {
 public:
  explicit StopOnSignals(const StopSwitch& stop);
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

  // The number of the signal that came; 0 when none did.
  int caught() const;

 private:
  struct sigaction before_int_ {};
  struct sigaction before_term_ {};
};

}  // namespace weir::cli
