// SPDX-License-Identifier: Apache-2.0
#include "cas/store_stock.h"

#include <sys/statvfs.h>

#include "cas/map_file.h"

namespace weir::cas {

std::unique_ptr<Claims::Claim> StoreStock::claim(const Sha256& digest) {
  std::lock_guard lock(claiming_);
  return claims_.take(digest);
}

uint64_t StoreStock::bytes() const {
  return shelf_.while_nothing_moves([this] {
    const auto& catalog = shelf_.catalog();
    return catalog.totals(Verification::verified).bytes + catalog.totals(Verification::unverified).bytes +
           loose_.bytes();
  });
}

std::optional<uint64_t> StoreStock::free_bytes() const {
  struct statvfs status = {};
  // Some file systems have no figures.
  if (::statvfs(shelf_.layout().root().c_str(), &status) != 0 || status.f_blocks == 0) return std::nullopt;
  return static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
}

std::optional<uint64_t> StoreStock::free_files() const {
  struct statvfs status = {};
  // Where they are made as they are needed (Btrfs) there is no figure.
  if (::statvfs(shelf_.layout().root().c_str(), &status) != 0 || status.f_files == 0) return std::nullopt;
  return status.f_favail;
}

std::vector<Candidate> StoreStock::idle_partials() const {
  auto files = loose_.idle();
  std::erase_if(files, [this](const Candidate& file) { return shelf_.open_files().is_held(file.digest); });
  return files;
}

Result<std::vector<Candidate>> StoreStock::idle_blobs() const {
  auto pinned = pinned_ ? pinned_() : DigestSet();
  if (!pinned) return fail(pinned.error());
  auto blobs = shelf_.catalog().candidates();
  std::erase_if(blobs, [&](const Candidate& blob) {
    return pinned->contains(blob.digest) || shelf_.open_files().is_held(blob.digest);
  });
  return blobs;
}

Result<bool> StoreStock::remove_partial(const Candidate& partial) {
  std::lock_guard lock(claiming_);
  auto claim = claims_.take(partial.digest);
  if (!claim || shelf_.open_files().is_held(partial.digest)) return false;
  TRY(cas::remove_partial(shelf_.layout(), partial.digest));
  loose_.forget(partial.digest);
  return true;
}

}  // namespace weir::cas
