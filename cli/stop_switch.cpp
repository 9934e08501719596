// SPDX-License-Identifier: Apache-2.0
#include "cli/stop_switch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace weir::cli {
namespace {

// A handler has no argument of its own.
std::atomic<const StopSwitch*> switch_of_signals = nullptr;
std::atomic<int> caught_signal = 0;

void on_signal(int number) {
  caught_signal = number;
  if (const auto* stop = switch_of_signals.load()) stop->pull();
}

}  // namespace

Result<StopSwitch> StopSwitch::make() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fail(errno_error("making an eventfd"));
  return StopSwitch(std::move(fd));
}

void StopSwitch::pull() const {
  eventfd_t one = 1;
  // Fails only when it is readable already.
  (void)!::write(fd_.get(), &one, sizeof one);
}

bool StopSwitch::pulled() const {
  return sleep(Duration(0));
}

bool StopSwitch::sleep(Duration time) const {
  auto deadline = monotonic_now() + time;
  for (;;) {
    auto left = std::chrono::ceil<Duration>(deadline - monotonic_now()).count();
    pollfd ready{fd_.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(std::max<Duration::rep>(left, 0))) > 0) return true;
    if (monotonic_now() >= deadline) return false;
  }
}

StopOnSignals::StopOnSignals(const StopSwitch& stop) {
  caught_signal = 0;
  switch_of_signals = &stop;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, &before_int_);
  ::sigaction(SIGTERM, &action, &before_term_);
}

StopOnSignals::~StopOnSignals() {
  ::sigaction(SIGINT, &before_int_, nullptr);
  ::sigaction(SIGTERM, &before_term_, nullptr);
  switch_of_signals = nullptr;
}

int StopOnSignals::caught() const {
  return caught_signal;
}

}  // namespace weir::cli
