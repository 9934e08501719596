// SPDX-License-Identifier: Apache-2.0
// A blob that is being filled, in any order, under partial/<sha256>.  commit() is its only way into the store, and it
// always verifies.  Destroying it keeps the bytes for another time (it may write a small file) and publishes nothing.
//
// What is there is *present*, whoever sent it: it need not be fetched, and it is hashed.  What is there and trusted is
// *readable*, and once all is verified all of it: anybody may read that from file(), before, during and after commit(),
// for it is the same file, and a byte that was readable once never changes.  An untrusted byte may.
//
// write, append, set_version, forget, save_map, checkpoint, rehash, commit, reject and discard block (disk pool) and
// are called one at a time, but for this: checkpoint may run beside write, append, save_map and rehash.  All else is
// safe from any thread and cheap.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_range.h"
#include "cas/blob.h"
#include "cas/block_map.h"
#include "cas/claims.h"
#include "cas/hashed_file.h"
#include "cas/loose_files.h"
#include "cas/map_file.h"
#include "cas/shelf.h"
#include "cas/space.h"
#include "cas/trust.h"
#include "cas/trust_map.h"

namespace weir::cas {

// When so many bytes came, a checkpoint is due; a power failure costs little more of a partial blob.
inline constexpr uint64_t kCheckpointBytes = 256 << 20;

// What writing trusted bytes found out about untrusted ones.
struct WriteOutcome {
  // Where they were others, ascending.  Each range begins and ends with a byte that was; a few KiB that were right may
  // stand between.
  std::vector<ByteRange> contradicted;
};

class PartialBlob {
 public:
  // Called by BlobStore::open_partial.  The three parts of the store must outlive it.
  static Result<std::shared_ptr<PartialBlob>> open(Shelf& shelf, LooseFiles& loose_files, Space& space,
                                                   std::unique_ptr<Claims::Claim> claim, uint64_t size);
  ~PartialBlob();
  PartialBlob(const PartialBlob&) = delete;
  PartialBlob& operator=(const PartialBlob&) = delete;

  const Sha256& digest() const { return file_->digest(); }
  // How long the whole is to be.
  uint64_t size() const { return file_->size(); }
  const std::shared_ptr<const BlobFile>& file() const { return file_; }
  int fd() const { return file_->fd(); }

  // How many bytes from the start may be read.
  uint64_t readable() const { return readable_from(0); }
  // The end of the run of readable bytes that covers `offset`; `offset` itself when that byte is not readable.
  uint64_t readable_from(uint64_t offset) const;
  // All runs that are readable, ascending; no two of them touch.
  std::vector<ByteRange> readable_ranges() const;

  // How many bytes from the start are present.
  uint64_t present() const { return frontiers_.held(); }
  // How many of them are hashed.
  uint64_t hashed() const { return frontiers_.hashed(); }
  // Whether all bytes are present.  They are not verified before commit().
  bool complete() const { return present() == size(); }
  // All runs that are present, ascending; no two of them touch.
  std::vector<ByteRange> present_ranges() const;
  // What is not present of `within`, ascending.
  std::vector<ByteRange> missing(ByteRange within) const;

  // What is present and untrusted of `within`, ascending.
  std::vector<ByteRange> untrusted(ByteRange within) const;
  bool has_untrusted() const;

  // What set_version() kept in a former run; empty where it did not, or the file system keeps no attributes.
  const std::string& former_version() const { return former_version_; }

  // Whether there is room for what is not present of `range`: reserve() has promised it.
  bool is_reserved(ByteRange range) const;
  // Blocking, beside other calls.  Reserves room for what is not present of `range`; writing draws on it.  A write that
  // nobody reserved room for is taken all the same, and counted.  Errors: over_limit and no_space, saying which limit
  // stands in the way; io.
  Result<void> reserve(ByteRange range);
  // The bytes do not come: gives back what was reserved for them.
  void release(ByteRange range);

  // Keeps beside the bytes, as far as the file system can, of which version of the origin's file they are: a text of
  // the caller's, of kMaxAttribute bytes at most.  It goes when they are published.
  void set_version(std::string_view version);

  // Writes these bytes where nothing is present yet.  Trusted bytes also replace untrusted ones, which are compared
  // first: those that are the same become trusted without being written.  Errors: digest_mismatch for bytes beyond
  // size(), of which none is taken; io, no_space.
  Result<WriteOutcome> write(uint64_t offset, std::string_view bytes, Trust trust);
  // Writes trusted bytes at present().
  Result<WriteOutcome> append(std::string_view bytes) { return write(present(), bytes, Trust::trusted); }
  // The untrusted bytes of the range are not present any more; trusted ones stay.  No crash brings the claim back.
  // Errors: io, no_space; then they are present still, or the checkpoint could not be renewed.
  Result<void> forget(ByteRange range);
  // Makes what is present survive a kill.  Done from time to time and at the end without being asked; worth a call when
  // no more bytes are expected for a while.  Errors: io, no_space.
  Result<void> save_map();

  // Whether kCheckpointBytes came since the last checkpoint: the caller is to make one, after a write or beside it.
  bool is_checkpoint_due() const { return unsynced_.load() >= kCheckpointBytes; }
  // Makes what is present when it begins survive a power failure.  Errors: io, no_space; when the bytes could not be
  // synced they are removed, and this object is of no further use.
  Result<void> checkpoint();

  // Hashes up to `bytes_at_most` bytes below present() that are not hashed: what a former run left, what came before
  // its turn, and all from the start when hashed bytes were contradicted or forgotten.  Returns how many are left to be
  // hashed.  Needed by nobody (commit() does what is missing), but it may be done in small steps while the rest still
  // arrives.
  Result<uint64_t> rehash(uint64_t bytes_at_most);

  // Verifies size and digest and publishes.  Errors: digest_mismatch when either is wrong.  If has_untrusted() then, it
  // may be they that are wrong: all bytes stay, and after a write() or forget() it may be called again.  If not, the
  // bytes are in quarantine now and this object is of no further use.  io, no_space (the bytes stay, for another
  // commit() or another open_partial, unless it was they that could not be synced).
  Result<std::shared_ptr<const Blob>> commit();

  // Puts the bytes, of which some may be wrong, into quarantine: who holds a part of them is not to go on from there.
  // Where that cannot be done they are removed.
  // This object is of no further use.
  Result<void> reject();

  // Removes the bytes.  This object is of no further use.
  Result<void> discard();

 private:
  PartialBlob(Shelf& shelf, LooseFiles& loose_files, Space& space, std::unique_ptr<Claims::Claim> claim,
              std::shared_ptr<const BlobFile> file, TrustMap map, MapFile map_file);
  Result<void> check_usable() const;
  Result<void> write_gap(uint64_t offset, std::string_view bytes, Trust trust);
  Result<std::vector<ByteRange>> settle(uint64_t offset, std::string_view bytes);
  Result<void> keep(uint64_t bytes);
  Result<void> verify();
  void drop_map();
  void recount();

  Runs runs() const;
  std::vector<ByteRange> not_reserved(ByteRange range) const;

  Shelf& shelf_;
  LooseFiles& loose_files_;
  Space& space_;
  std::unique_ptr<Claims::Claim> claim_;
  std::shared_ptr<const BlobFile> file_;
  std::filesystem::path path_;
  const std::string former_version_;
  mutable std::mutex map_mutex_;
  TrustMap map_;             // guarded by map_mutex_
  BlockMap promised_;        // what is reserved and not present; guarded by map_mutex_
  Reservation reservation_;  // for promised_; guarded by map_mutex_
  Loose loose_;
  MapFile map_file_;
  HashedFile frontiers_;
  std::atomic<uint64_t> unsynced_{0};  // bytes that came since the last checkpoint began
  bool verified_ = false;
  enum class State { filling, ended };
  std::atomic<State> state_{State::filling};
};

}  // namespace weir::cas
