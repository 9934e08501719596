// SPDX-License-Identifier: Apache-2.0
// Has the proxy that owns a store hash one of its blobs again.  Blocking.
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "cas/shelf.h"
#include "cli/proxy_contact.h"

namespace weir::cli {

// What becomes of a blob that the disk does not give.
enum class IfUnreadable { leave, quarantine };

// Wrong bytes go to quarantine in any case.  Errors: io, timeout, and cancelled when `stop` becomes readable.
Result<cas::Verdict> ask_verdict(const ProxyContact& contact, const Sha256& digest, IfUnreadable unreadable,
                                 int stop = -1);

}  // namespace weir::cli
