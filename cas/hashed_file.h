// SPDX-License-Identifier: Apache-2.0
// A file that grows at its end, and the SHA-256 of it: two frontiers, how many bytes are held and how many of them are
// hashed. The hash follows what is appended; after a restart it lags and is brought up by catch_up().  One blocking
// call at a time; the frontiers may be read from any thread, and bytes below held() by anybody with pread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace weir::cas {

class HashedFile {
 public:
  // `fd` must outlive it; `held` bytes are there already.
  HashedFile(int fd, uint64_t held) : fd_(fd), held_(held), flushed_(held) {}

  uint64_t held() const { return held_.load(std::memory_order_acquire); }
  uint64_t hashed() const { return hashed_.load(std::memory_order_acquire); }

  // Writes at the frontier.  After an error nothing of `bytes` is held.
  Result<void> append(std::string_view bytes);
  // Hashes up to `bytes_at_most` further bytes; returns how many are left to be hashed.  After an error it
  // starts over.
  Result<uint64_t> catch_up(uint64_t bytes_at_most);
  // The digest of all that is held.  Ends the hashing.
  Result<Sha256> finish();

 private:
  void start_writeback();

  int fd_;
  std::atomic<uint64_t> held_;
  std::atomic<uint64_t> hashed_{0};
  uint64_t flushed_;  // the kernel was told to write out what stands below
  Sha256Hasher hasher_;
};

}  // namespace weir::cas
