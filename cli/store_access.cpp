// SPDX-License-Identifier: Apache-2.0
#include "cli/store_access.h"

#include <fmt/core.h>

#include <thread>

#include "cli/store_contents.h"

namespace weir::cli {
namespace {

// The kernel's own way to wait for such a lock (F_OFD_SETLKW) knows no time limit.
constexpr Duration kRecheck{50};

Result<StoreAccess> try_to_reach(const config::Config& config, NoStore no_store) {
  TRY_ASSIGN(auto server, find_server(config));
  StoreAccess access;
  if (!server) {
    if (no_store == NoStore::refuse) TRY(check_store(config.store.root));
    TRY_ASSIGN(access.store, cas::BlobStore::open(config.store));
    return access;
  }
  // The address may be a former owner's, which the next one has not replaced yet.
  if (!server->address || !answers(contact_of(config, *server->address)))
    return fail(ErrorCode::busy, fmt::format("the store {} is held by {}, which answers no requests: try again later",
                                             config.store.root.string(), holder(*server)));
  access.server = server;
  return access;
}

}  // namespace

Result<StoreAccess> reach_store(const config::Config& config, NoStore no_store, Duration patience) {
  auto deadline = monotonic_now() + patience;
  for (;;) {
    auto access = try_to_reach(config, no_store);
    if (access || access.error().code != ErrorCode::busy || monotonic_now() >= deadline) return access;
    std::this_thread::sleep_for(kRecheck);
  }
}

}  // namespace weir::cli
