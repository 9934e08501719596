// SPDX-License-Identifier: Apache-2.0
#include "cli/disk_room.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "cli/pull_plan.h"
#include "cli/status_report.h"

namespace weir::cli {

DiskRoom::Promise::~Promise() {
  took(bytes_);
}

void DiskRoom::Promise::took(uint64_t bytes) {
  if (!room_) return;
  bytes = std::min(bytes, bytes_);
  bytes_ -= bytes;
  std::lock_guard guard(room_->mutex_);
  room_->promised_ -= bytes;
}

Result<DiskRoom::Promise> DiskRoom::promise(uint64_t bytes) {
  std::lock_guard guard(mutex_);
  if (min_free_ > 0) {
    TRY_ASSIGN(auto free, free_bytes());
    if (!leaves_free(free, promised_, bytes, min_free_)) return fail(too_little(free));
  }
  promised_ += bytes;
  return Promise(*this, bytes);
}

Result<void> DiskRoom::check() const {
  if (min_free_ == 0) return {};
  TRY_ASSIGN(auto free, free_bytes());
  if (!leaves_free(free, 0, 0, min_free_)) return fail(too_little(free));
  return {};
}

Result<uint64_t> DiskRoom::free_bytes() const {
  struct statvfs status {};
  if (::statvfs(folder_.c_str(), &status) != 0) return fail(errno_error("asking for the room in " + folder_.string()));
  return uint64_t{status.f_bavail} * status.f_frsize;
}

Error DiskRoom::too_little(uint64_t free) const {
  return {ErrorCode::no_space,
          fmt::format("{} are free on the disk of the store, and --min-free is to leave {}; make room, or set it lower",
                      show_bytes(free), show_bytes(min_free_))};
}

}  // namespace weir::cli
