// SPDX-License-Identifier: Apache-2.0
// The files that are no blobs yet: how many bytes those in partial/ and tmp/ take, and which partial blobs nobody fills
// just now, in the order of their last use.  A partial blob counts with what is allocated for it, not with its length.
// Safe from any thread; only load() blocks.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "cas/eviction.h"
#include "cas/layout.h"
#include "cas/loose.h"

namespace weir::cas {

class LooseFiles {
 public:
  // Counts what stands in partial/; the files' times say in which order they were used.  Errors: io.
  Result<void> load(const Layout& layout);

  // A file of which nothing is counted yet.
  Loose begin() { return Loose(bytes_); }
  // A partial blob is filled from now on.
  Loose take(const Sha256& digest);
  // Nobody fills it any more.
  void leave(const Sha256& digest, Loose loose);
  void forget(const Sha256& digest);

  // Those that nobody fills.
  std::vector<Candidate> idle() const;
  uint64_t bytes() const { return bytes_; }

 private:
  struct Idle {
    Loose loose;
    uint64_t used = 0;
  };

  std::atomic<uint64_t> bytes_ = 0;
  mutable std::mutex mutex_;
  std::unordered_map<Sha256, Idle, DigestHash> idle_;  // guarded by mutex_
  uint64_t next_use_ = 1;                              // guarded by mutex_
};

// What the file takes of the disk, its holes left out; 0 when that cannot be known.
uint64_t allocated_bytes(int fd);

}  // namespace weir::cas
