// SPDX-License-Identifier: Apache-2.0
#include "cas/hashed_file.h"

#include <fcntl.h>

#include <algorithm>
#include <limits>

#include "base/files.h"
#include "cas/disk.h"

namespace weir::cas {
namespace {

constexpr uint64_t kWritebackStep = 8 << 20;

}  // namespace

Result<void> HashedFile::append(std::string_view bytes) {
  uint64_t held = this->held();
  TRY(pwrite_all(fd_, bytes, static_cast<off_t>(held), "writing a blob"));
  if (hashed() == held) {
    hasher_.update(bytes);
    hashed_.store(held + bytes.size(), std::memory_order_release);
  }
  held_.store(held + bytes.size(), std::memory_order_release);
  start_writeback();
  return {};
}

Result<uint64_t> HashedFile::catch_up(uint64_t bytes_at_most) {
  uint64_t begin = hashed();
  uint64_t end = begin + std::min(bytes_at_most, held() - begin);
  if (auto read = hash_range(fd_, begin, end, hasher_); !read) {
    // How far the hasher came is unknown now.
    hasher_ = Sha256Hasher();
    hashed_.store(0, std::memory_order_release);
    return fail(read.error());
  }
  hashed_.store(end, std::memory_order_release);
  return held() - end;
}

Result<Sha256> HashedFile::finish() {
  TRY(catch_up(std::numeric_limits<uint64_t>::max()));
  return hasher_.finish();
}

void HashedFile::start_writeback() {
  if (held() - flushed_ < kWritebackStep) return;
  // A hint that keeps the last fsync short.  Where it is not supported, and where it fails, fsync tells.
  (void)::sync_file_range(fd_, static_cast<off_t>(flushed_), static_cast<off_t>(held() - flushed_),
                          SYNC_FILE_RANGE_WRITE);
  flushed_ = held();
}

}  // namespace weir::cas
