// SPDX-License-Identifier: Apache-2.0
// Brings the store under its limits at the configured times of day.  Lives on a loop; the work is done by the pool.
#pragma once

#include <vector>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "cas/blob_store.h"

namespace weir::proxy {

class StoreUpkeep {
 public:
  // The store must outlive the pool's work.
  StoreUpkeep(Loop& loop, DiskPool& pool, cas::BlobStore& store, std::vector<cas::TimeOfDay> times);

 private:
  void look();

  DiskPool& pool_;
  cas::BlobStore& store_;
  const std::vector<cas::TimeOfDay> times_;
  WallTime last_;
  // By the monotonic clock: whatever the date does meanwhile is seen at the next look.
  Timer timer_;
};

}  // namespace weir::proxy
