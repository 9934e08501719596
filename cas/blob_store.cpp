// SPDX-License-Identifier: Apache-2.0
#include "cas/blob_store.h"

#include <limits>

#include "base/log.h"
#include "cas/boot_mark.h"
#include "cas/disk.h"
#include "cas/layout.h"
#include "cas/map_file.h"

namespace weir::cas {

Result<std::unique_ptr<BlobStore>> BlobStore::open(const Options& options) {
  Layout layout(options.root);
  TRY(make_root(layout));
  TRY_ASSIGN(auto lock, StoreLock::take(layout.lock()));
  auto spare_room = std::make_unique<SpareRoom>(layout.spare());
  TRY(prepare(layout));
  TRY(remove_leftover_maps(layout));
  TRY(settle_partials(layout));
  TRY_ASSIGN(auto shelf, Shelf::open(layout, Quarantine::Limits{}));
  std::unique_ptr<BlobStore> store(new BlobStore(std::move(lock), std::move(spare_room), std::move(shelf), options));
  TRY(store->loose_files_.load(layout));
  return store;
}

BlobStore::BlobStore(StoreLock lock, std::unique_ptr<SpareRoom> spare_room, std::unique_ptr<Shelf> shelf,
                     const Options& options)
    : lock_(std::move(lock)),
      spare_room_(std::move(spare_room)),
      shelf_(std::move(shelf)),
      stock_(*shelf_, loose_files_),
      space_(options, stock_),
      health_(shelf_->layout(), space_) {}

BlobStore::~BlobStore() {
  if (auto closed = close_partials(shelf_->layout()); !closed)
    log::warning("a power failure may cost partial downloads: {}", closed.error().message);
}

Result<std::optional<LockNote>> BlobStore::read_lock_note(const std::filesystem::path& root) {
  return StoreLock::read_note(Layout(root).lock());
}

std::optional<uint64_t> BlobStore::size_of(const Sha256& digest) const {
  auto stamp = shelf_->catalog().verified(digest);
  if (!stamp) return std::nullopt;
  return stamp->size;
}

Result<std::shared_ptr<PartialBlob>> BlobStore::open_partial(const Sha256& digest, uint64_t size) {
  if (size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return fail(ErrorCode::invalid, "a blob cannot have " + std::to_string(size) + " bytes");
  auto claim = stock_.claim(digest);
  if (!claim) return fail(ErrorCode::busy, digest.hex() + " is being filled already");
  return PartialBlob::open(*shelf_, loose_files_, space_, std::move(claim), size);
}

void BlobStore::settle_size(const Sha256& digest, uint64_t size) {
  auto partial = open_existing(shelf_->layout().partial(digest), Access::read);
  if (!partial || partial->found != Found::plain || partial->stamp.size <= size) return;
  log::warning("the partial blob {} is longer than its {} bytes; it is removed", digest.hex(), size);
  Candidate candidate;
  candidate.digest = digest;
  if (auto removed = stock_.remove_partial(candidate); !removed) log::warning("{}", removed.error().message);
}

bool BlobStore::has_partial(const Sha256& digest) const {
  return is_plain_file(shelf_->layout().partial(digest));
}

Result<Verdict> BlobStore::verify(const Sha256& digest, const ReadGate& gate, Unreadable unreadable) {
  auto verdict = shelf_->verify(digest, gate, unreadable);
  if (verdict) ++verdicts_[static_cast<size_t>(*verdict)];
  return verdict;
}

bool BlobStore::recent_quarantine(const Sha256& digest, WallTime now) const {
  auto last = shelf_->quarantined().last(digest);
  return last && (now - *last < kQuarantineMemory || !has(digest));
}

}  // namespace weir::cas
