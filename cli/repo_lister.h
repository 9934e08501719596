// SPDX-License-Identifier: Apache-2.0
// Asks the hub what a revision is and which files it has, in the words of its own tools.  Blocking.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/hub_client.h"
#include "cli/hub_tree.h"
#include "hub/pins.h"

namespace weir::cli {

struct RepoContents {
  std::string commit;
  std::vector<TreeFile> files;
};

// `wanted` has a revision.  Errors: what the hub answers; origin for an answer that cannot be believed.
Result<RepoContents> list_repo(const HubClient& client, const hub::Pin& wanted);

}  // namespace weir::cli
