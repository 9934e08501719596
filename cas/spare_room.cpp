// SPDX-License-Identifier: Apache-2.0
#include "cas/spare_room.h"

#include <utility>

#include "base/files.h"
#include "base/random.h"
#include "cas/disk.h"

namespace weir::cas {

SpareRoom::SpareRoom(std::filesystem::path path) : path_(std::move(path)) {
  (void)remove_name(path_);
}

void SpareRoom::keep() {
  if (kept_) return;
  auto file = create_new(path_);
  if (!file) return;
  // Random, for a file system that compresses would keep no room for zeros.
  kept_ = pwrite_all(file->get(), random_bytes(kBytes), 0, "keeping room").has_value();
  if (!kept_) (void)remove_name(path_);
}

}  // namespace weir::cas
