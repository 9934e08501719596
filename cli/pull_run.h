// SPDX-License-Identifier: Apache-2.0
// Pulls the files of a plan, small ones a few at a time, and shows how far it is on stderr.  Blocking; starts threads
// of its own, which have ended when it returns.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/disk_room.h"
#include "cli/file_puller.h"
#include "cli/pull_plan.h"
#include "cli/pull_report.h"
#include "cli/stop_switch.h"

namespace weir::cli {

struct PullEnd {
  PullTally tally;
  std::vector<PullFailure> failures;
  bool all_tried = true;             // else it was stopped before
  std::optional<Error> out_of_room;  // why it was
  Duration took{};
};

// Ends early when `stop` is pulled, and pulls it when there is no room left.
PullEnd run_pull(FilePuller& puller, const PullPlan& plan, const DiskRoom& room, const StopSwitch& stop);

}  // namespace weir::cli
