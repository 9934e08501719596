// SPDX-License-Identifier: Apache-2.0
#include "cli/reloader.h"

#include <fmt/format.h>

#include "base/log.h"
#include "config/reload.h"

namespace weir::cli {

void Reloader::reload() {
  auto done = take_up();
  if (!done) log::error("the configuration stays as it was: {}", done.error().message);
}

Result<void> Reloader::take_up() {
  TRY_ASSIGN(auto read, load_());
  TRY_ASSIGN(auto plan, config::plan_reload(running_, read));
  TRY(server_.reload(plan.config.proxy, plan.config.fetch, plan.config.reach, plan.config.sources));
  log::set_level(plan.config.log_level);
  running_ = std::move(plan.config);
  // Their files may have changed where they are.
  log::info("read the configuration anew; changed: {}",
            plan.taken.empty() ? "nothing in the configuration; users and certificates of the port were read anew"
                               : fmt::format("{}", fmt::join(plan.taken, ", ")));
  if (!plan.waiting.empty()) log::warning("needs a restart: {}", fmt::join(plan.waiting, ", "));
  return {};
}

}  // namespace weir::cli
