// SPDX-License-Identifier: Apache-2.0
// The mark that says in which run of the kernel partial blobs were last written.  A killed process loses nothing that
// it wrote; a power failure loses what was not synced, and leaves holes where bytes were claimed.  A mark of another
// run of the kernel, found at the start, tells the two apart: then checkpoints alone are believed.  Blocking; under
// the store's lock.
#pragma once

#include "base/result.h"
#include "cas/layout.h"

namespace weir::cas {

// Before any partial blob is opened: settles what a power failure left, and writes the mark of this run of the kernel.
Result<void> settle_partials(const Layout& layout);

// When no partial blob is open any more: syncs them all and removes the mark, so that they are believed in the next run
// of the kernel too.
Result<void> close_partials(const Layout& layout);

}  // namespace weir::cas
