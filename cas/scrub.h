// SPDX-License-Identifier: Apache-2.0
// The scrub: rehashes the blobs in the background, one after another in the order of their digests, round after round,
// and so finds what a failing disk did to them.  It reads at a limited rate, on a thread of its own with the lowest
// priority for the processor and the disk.  Where it is survives a restart.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/token_bucket.h"
#include "cas/blob_store.h"
#include "cas/options.h"
#include "cas/scrub_state.h"

namespace weir::cas {

class Scrub {
 public:
  // Begins, unless the options say never.  The store must outlive it.
  Scrub(BlobStore& store, const Options& options);
  // Stops within a block.
  ~Scrub();
  Scrub(const Scrub&) = delete;
  Scrub& operator=(const Scrub&) = delete;

 private:
  void run();
  void run_round();
  void verify(const Sha256& digest);
  // False once it is to stop.
  bool wait(Duration duration);
  ScrubState load() const;
  void save();

  BlobStore& store_;
  const Duration every_;
  const std::filesystem::path path_;
  TokenBucket bucket_;  // the thread's, as all that follows but the last three
  ScrubState state_;
  MonotonicTime saved_at_{};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace weir::cas
