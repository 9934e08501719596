// SPDX-License-Identifier: Apache-2.0
// How a command gets at a store: through the proxy that serves it, else by itself.  Blocking.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "cas/blob_store.h"
#include "cli/running_server.h"
#include "config/config.h"

namespace weir::cli {

// One of the two.
struct StoreAccess {
  std::optional<RunningServer> server;    // it answers
  std::unique_ptr<cas::BlobStore> store;  // its lock keeps a proxy from starting meanwhile
};

enum class NoStore { refuse, make };

inline constexpr Duration kStorePatience{10'000};

// Waits for another command that has the store, and for a proxy that starts or ends.  Errors: invalid where there is no
// store and none is to be made; busy, naming who still holds it after `patience`; those of BlobStore::open.
Result<StoreAccess> reach_store(const config::Config& config, NoStore no_store, Duration patience = kStorePatience);

}  // namespace weir::cli
