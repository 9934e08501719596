// SPDX-License-Identifier: Apache-2.0
#include "config/reload.h"

#include "config/load.h"
#include "config/option.h"

namespace weir::config {
namespace {

bool differs(const Option& option, const Config& running, const Config& read) {
  // Its password is not shown.
  if (option.key == "origin.proxy" && running.origin.proxy.url != read.origin.proxy.url) return true;
  return option.show(running) != option.show(read);
}

}  // namespace

Result<Reload> plan_reload(const Config& running, const Config& read) {
  Reload plan{running, {}, {}};
  for (const auto& option : options()) {
    if (!differs(option, running, read)) continue;
    if (option.reloadable) option.copy(plan.config, read);
    (option.reloadable ? plan.taken : plan.waiting).push_back(option.key);
  }
  if (running.sources != read.sources) {
    plan.config.sources = read.sources;
    plan.taken.emplace_back("source");
  }
  TRY(check_together(plan.config));
  return plan;
}

}  // namespace weir::config
