// SPDX-License-Identifier: Apache-2.0
// Downloads a file through the proxy near by, so that its store holds it again.  Blocking.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "cli/hub_client.h"
#include "cli/store_contents.h"

namespace weir::cli {

// Asks for the file by each of the hub's names for it, until the store holds the blob.  Errors: what the hub answers,
// or that its names stand for something else by now.
Result<void> refetch(const HubClient& client, const std::filesystem::path& store_root, const StoredBlob& blob);

// "/org/name/resolve/main/a%20file".
std::string resolve_target(const BlobName& name);

}  // namespace weir::cli
