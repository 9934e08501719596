// SPDX-License-Identifier: Apache-2.0
#include "cas/hashed_file.h"

#include <fcntl.h>

#include <algorithm>
#include <limits>

#include "base/files.h"
#include "base/log.h"

namespace weir::cas {
namespace {

constexpr uint64_t kWritebackStep = 8 << 20;
constexpr const char* kName = "a blob that is filled";

}  // namespace

Result<void> HashedFile::append(std::string_view bytes) {
  uint64_t held = this->held();
  TRY(put(held, bytes));
  if (hashed() == held) {
    hasher_.update(bytes);
    hashed_.store(held + bytes.size(), std::memory_order_release);
  }
  held_.store(held + bytes.size(), std::memory_order_release);
  return {};
}

// Even if it fails: some of the bytes may have been written.
Result<void> HashedFile::overwrite(uint64_t offset, std::string_view bytes) {
  if (offset < hashed()) hash_anew();
  return put(offset, bytes);
}

void HashedFile::cut(uint64_t held) {
  if (held < hashed()) hash_anew();
  held_.store(held, std::memory_order_release);
}

void HashedFile::hash_anew() {
  hasher_ = Sha256Hasher();
  hashed_.store(0, std::memory_order_release);
}

// What was hashed may not be what is there any more.
Result<void> HashedFile::look() {
  TRY_ASSIGN(auto stamp, stamp_of(fd_, kName));
  if (stamp_ && !same_bytes(*stamp_, stamp)) {
    log::warning("somebody else writes to a file of the store while it is filled; it is hashed from its start");
    hash_anew();
  }
  stamp_ = stamp;
  return {};
}

Result<uint64_t> HashedFile::catch_up(uint64_t bytes_at_most) {
  TRY(look());
  uint64_t begin = hashed();
  uint64_t end = begin + std::min(bytes_at_most, held() - begin);
  if (auto read = hash_range(fd_, begin, end, hasher_); !read) {
    // How far the hasher came is unknown now.
    hash_anew();
    return fail(read.error());
  }
  hashed_.store(end, std::memory_order_release);
  return held() - end;
}

Result<Sha256> HashedFile::finish() {
  TRY(catch_up(std::numeric_limits<uint64_t>::max()));
  return hasher_.finish();
}

Result<void> HashedFile::put(uint64_t offset, std::string_view bytes) {
  TRY(look());
  TRY(pwrite_all(fd_, bytes, static_cast<off_t>(offset), "writing a blob"));
  // Where somebody else has cut it meanwhile the old stamp stays, and the next look finds another.
  TRY_ASSIGN(auto stamp, stamp_of(fd_, kName));
  if (stamp.size == std::max(stamp_->size, offset + bytes.size())) stamp_ = stamp;
  since_writeback_ += bytes.size();
  if (since_writeback_ < kWritebackStep) return {};
  // A hint (all that is dirty) that keeps the last fsync short.  Where it is not supported, and where it fails, fsync
  // tells.
  (void)::sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
  since_writeback_ = 0;
  return {};
}

}  // namespace weir::cas
