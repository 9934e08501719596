// SPDX-License-Identifier: Apache-2.0
// Which proxy serves a store, and where it answers.  Blocking.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "base/address.h"
#include "base/result.h"
#include "cli/proxy_contact.h"
#include "config/config.h"

namespace weir::cli {

struct RunningServer {
  pid_t pid = 0;                    // 0 while it has not written it down
  std::optional<Endpoint> address;  // as clients reach it; nothing before it listens

  bool operator==(const RunningServer&) const = default;
};

// "process 12", or "another process" of one that has not written down which.
std::string holder(const RunningServer& server);

// Who holds the store; nothing when nobody does, or when there is no store.  Errors: io.
Result<std::optional<RunningServer>> find_server(const std::filesystem::path& store_root);
// The same of the configured store.  An owner that cannot write down where it listens, for its disk takes no change, is
// looked for where the configuration says, and known by the store that it names.
Result<std::optional<RunningServer>> find_server(const config::Config& config);

// The address by which clients on this machine reach a listener: loopback for one on all addresses.
Endpoint reachable(const Endpoint& listen);

// Whether a Weir answers there.
bool answers(const ProxyContact& server);

}  // namespace weir::cli
