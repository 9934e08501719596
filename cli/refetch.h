// SPDX-License-Identifier: Apache-2.0
// Downloads a file through the proxy near by, so that its store holds it again.  Blocking.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/secret.h"
#include "cli/proxy_contact.h"
#include "cli/store_contents.h"

namespace weir::cli {

struct RefetchOptions {
  ProxyContact proxy;
  std::string hub;  // the hub's host
  Secret token;     // sent to the hub alone; may be empty
  std::filesystem::path store_root;
};

// Asks for the file by each of the hub's names for it, until the store holds the blob.  Errors: what the hub answers,
// or that its names stand for something else by now.
Result<void> refetch(const RefetchOptions& options, const StoredBlob& blob);

// "/org/name/resolve/main/a%20file".
std::string resolve_target(const BlobName& name);

}  // namespace weir::cli
