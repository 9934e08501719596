// SPDX-License-Identifier: Apache-2.0
// A file that is filled, and the SHA-256 of it: two frontiers, how many bytes are held from the start on and how many
// of them are hashed.  The hash follows what is appended; after a restart, and where bytes came before their turn, it
// lags and is brought up by catch_up().  Bytes that were hashed already and change after all have it begin anew, also
// where it is somebody else who has written.  One blocking call at a time; the frontiers may be read from any thread,
// and bytes below held() by anybody with pread.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "cas/disk.h"

namespace weir::cas {

class HashedFile {
 public:
  // `fd` must outlive it; `held` bytes are there already.
  HashedFile(int fd, uint64_t held) : fd_(fd), held_(held) {}

  uint64_t held() const { return held_.load(std::memory_order_acquire); }
  uint64_t hashed() const { return hashed_.load(std::memory_order_acquire); }

  // Writes at the frontier.  After an error nothing of `bytes` is held.
  Result<void> append(std::string_view bytes);
  // Writes beyond the frontier; held() stays.
  Result<void> write_ahead(uint64_t offset, std::string_view bytes) { return put(offset, bytes); }
  // Moves the frontier over what was written ahead.  Those bytes are hashed by catch_up().
  void extend(uint64_t held) { held_.store(held, std::memory_order_release); }
  // Writes other bytes in place of some that are there.
  Result<void> overwrite(uint64_t offset, std::string_view bytes);
  // Moves the frontier back: only `held` bytes from the start on count any more.
  void cut(uint64_t held);
  // Forgets what was hashed; also after finish().
  void hash_anew();
  // Hashes up to `bytes_at_most` further bytes; returns how many are left to be hashed.  After an error it
  // starts over.
  Result<uint64_t> catch_up(uint64_t bytes_at_most);
  // The digest of all that is held.  Ends the hashing, unless hash_anew() is called.
  Result<Sha256> finish();
  // As the file was when finish() began to read the last of it: who finds it changed since must not believe the digest.
  const FileStamp& stamp() const { return *stamp_; }

 private:
  Result<void> look();
  Result<void> put(uint64_t offset, std::string_view bytes);

  int fd_;
  std::atomic<uint64_t> held_;
  std::atomic<uint64_t> hashed_{0};
  uint64_t since_writeback_ = 0;  // bytes written since the kernel was last told to write out
  Sha256Hasher hasher_;
  std::optional<FileStamp> stamp_;  // after the latest write, or before the first hashing
};

}  // namespace weir::cas
