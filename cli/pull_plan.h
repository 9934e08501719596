// SPDX-License-Identifier: Apache-2.0
// Which files a pull brings, and in which order.  Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/hub_tree.h"
#include "hub/pins.h"

namespace weir::cli {

// As the command line has it; patterns are those of glob_matches().
struct FileChoice {
  std::vector<std::string> include;  // none: all
  std::vector<std::string> exclude;
  std::vector<std::string> files;  // these alone, by their paths; then there are no patterns
};

// "org/name", "datasets/org/name" and "org/name@main" as weir pin takes them; `type` ("dataset") and `revision` say the
// same beside them.  The revision of the result is never empty.  Errors: invalid, also when the two contradict.
Result<hub::Pin> parse_pulled_repo(const std::string& repo, const std::string& type, const std::string& revision);

struct PullPlan {
  std::vector<TreeFile> small;  // a few at a time
  std::vector<TreeFile> large;  // one at a time: Weir fetches each over several connections

  bool operator==(const PullPlan&) const = default;
  size_t files() const { return small.size() + large.size(); }
  uint64_t bytes() const;
};

// The chosen ones of `files`, the smallest first.  Errors: invalid when a named file is not there, or nothing is
// chosen.
Result<PullPlan> plan_pull(std::vector<TreeFile> files, const FileChoice& choice);

// Whether so many bytes more leave `min_free` of those that are `free` now and not yet promised.
bool leaves_free(uint64_t free, uint64_t promised, uint64_t bytes, uint64_t min_free);

}  // namespace weir::cli
