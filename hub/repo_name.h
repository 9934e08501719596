// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>

#include "hub/repo_file.h"

namespace weir::hub {

struct RepoName {
  RepoType type = RepoType::model;
  std::string repo;  // "org/name", or one segment

  auto operator<=>(const RepoName&) const = default;
};

}  // namespace weir::hub
