// SPDX-License-Identifier: Apache-2.0
// The content-addressed store: one folder, one owner, each blob once under its SHA-256 (docs/store-format.md).  Nothing
// gets in but by PartialBlob::commit and NewBlob::commit, which verify; nothing is served that changed since.
//
// Safe from any thread.  The calls marked "blocking" belong on the disk pool.  The store must outlive the partial and
// the new blobs that it made; blobs may outlive it.
#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "cas/blob.h"
#include "cas/catalog.h"
#include "cas/loose_files.h"
#include "cas/new_blob.h"
#include "cas/options.h"
#include "cas/partial_blob.h"
#include "cas/shelf.h"
#include "cas/space.h"
#include "cas/spare_room.h"
#include "cas/store_health.h"
#include "cas/store_lock.h"
#include "cas/store_stock.h"

namespace weir::cas {

using VerdictCounters = std::array<std::atomic<uint64_t>, 4>;

class BlobStore {
 public:
  // Blocking.  Makes the store when there is none.  On a file system that takes no change it gives what is there, and
  // takes bytes when health() finds that it can.  Errors: busy (naming the owner), unsupported (a format that this
  // program does not know), invalid, io, no_space; read_only where there is no store and none can be made.
  static Result<std::unique_ptr<BlobStore>> open(const Options& options);
  // Blocking.  Syncs the partial blobs, writes what the index lacks and gives the lock up.
  ~BlobStore();

  // Who owns the store in `root`; nothing when nobody does.  For other processes.
  static Result<std::optional<LockNote>> read_lock_note(const std::filesystem::path& root);
  // Writes the address that this process listens on (HOST:PORT) into the lock.  Before the store is used.
  Result<void> set_lock_note(std::string_view address) { return lock_.set_address(address); }

  // A verified blob; nothing when there is none, or when its file was changed since it was stored (open_partial takes
  // that one's bytes up again).  Costs one open and one fstat.  Errors: io.
  Result<std::optional<std::shared_ptr<const Blob>>> open_blob(const Sha256& digest) {
    return shelf_->open_blob(digest);
  }
  // Whether a verified blob is held, by memory alone.
  bool has(const Sha256& digest) const { return size_of(digest).has_value(); }
  std::optional<uint64_t> size_of(const Sha256& digest) const;

  // All blobs, in no order; those that are not verified too.
  std::vector<BlobInfo> list() const { return shelf_->catalog().list(); }
  // Of the verified blobs.
  Totals totals() const { return shelf_->catalog().totals(Verification::verified); }

  // Blocking.  Starts or resumes partial/<sha256>; all of it may be present, and then commit() is all that is left to
  // do.  An object that is not verified (its file was changed, or the index was lost) is taken up as such a partial
  // blob. Errors: busy while another PartialBlob of the digest lives; invalid for an impossible size, and for one that
  // is less than what has come already; io, no_space; read_only as long as the store is not settled.
  Result<std::shared_ptr<PartialBlob>> open_partial(const Sha256& digest, uint64_t size);
  // Blocking.  The blob is known to have so many bytes, for the digest of all was right: a partial blob that has more,
  // and so cannot be resumed, is removed.
  void settle_size(const Sha256& digest, uint64_t size);
  // Whether partial/ has a file of that digest, which open_partial would resume.  Costs one stat.
  bool has_partial(const Sha256& digest) const;
  // Blocking.  Errors: io, no_space, over_limit; read_only as long as the store is not settled.
  Result<std::unique_ptr<NewBlob>> create_unnamed(uint64_t expected_size = 0);

  // Blocking.  Removes a blob, used or not; who has it open reads on.  Its size; nothing when there was none.  Errors:
  // io.
  Result<std::optional<uint64_t>> discard(const Sha256& digest) { return shelf_->discard(digest); }

  // What the store may take of the disk, and what was removed to keep to that.
  Space& space() { return space_; }
  // All of what is in partial/ and tmp/: bytes.
  uint64_t loose_bytes() const { return loose_files_.bytes(); }
  // Which blobs must never be removed to make room.  Before the store is used.
  void set_pins(PinnedBlobs pinned) { stock_.set_pins(std::move(pinned)); }

  // Blocking.  Hashes the object: right bytes are trusted again, wrong ones go to quarantine.  Errors: io, cancelled by
  // the gate.
  Result<Verdict> verify(const Sha256& digest, const ReadGate& gate = {}, Unreadable unreadable = Unreadable::leave);
  // How many times each Verdict was found, by its number.
  const VerdictCounters& verdicts() const { return verdicts_; }

  // Whether wrong bytes of this digest were seen within the last hour, or ever, as long as no verified blob is held.
  bool recent_quarantine(const Sha256& digest, WallTime now) const;
  // Wrong bytes of this digest were seen that never were in the store.  Forgotten at the end.
  void note_wrong_bytes(const Sha256& digest, WallTime now) { shelf_->note_wrong_bytes(digest, now); }

  // Whether the store takes bytes; whoever cannot write into it says so to it.
  StoreHealth& health() { return health_; }
  const StoreHealth& health() const { return health_; }

  // Blocking.  Takes the room for the next start; to be called now and then once all databases of the store are open.
  void keep_spare_room() { spare_room_->keep(); }
  // Blocking.  Writes last-use times and all else that the index lacks.
  Result<void> flush() { return shelf_->catalog().flush(); }

 private:
  BlobStore(StoreLock lock, std::unique_ptr<SpareRoom> spare_room, std::unique_ptr<Shelf> shelf,
            const Options& options);
  Result<void> settle();
  Result<void> check_settled() const;

  StoreLock lock_;
  std::unique_ptr<SpareRoom> spare_room_;  // taken again when the index is closed
  std::unique_ptr<Shelf> shelf_;
  LooseFiles loose_files_;
  StoreStock stock_;
  Space space_;
  StoreHealth health_;
  VerdictCounters verdicts_{};
  // What the last run left is settled, so that new bytes may come.  False after a start on a disk that took no change.
  std::atomic<bool> settled_ = false;
};

}  // namespace weir::cas
