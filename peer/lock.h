// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::peer {

// Waits for the lock of the peers' files in `folder`, which is made if need be; held until the descriptor is closed.
// Whoever writes one of them holds it.  Blocking.  Errors: io.
Result<UniqueFd> lock_files(const std::filesystem::path& folder);

}  // namespace weir::peer
