// SPDX-License-Identifier: Apache-2.0
// The proxy of a configuration, for as long as a command needs it: the one that runs, or one that is started. Blocking.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/proxy_contact.h"
#include "cli/run_guard.h"
#include "config/config.h"

namespace weir::cli {

struct BorrowedProxy {
  RunLease lease;  // a proxy that was started ends with the last one
  ProxyContact contact;
};

// Makes the store's folder if need be.  Errors: those of ensure_proxy.
Result<BorrowedProxy> borrow_proxy(const config::Config& config);

}  // namespace weir::cli
