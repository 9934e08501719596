// SPDX-License-Identifier: Apache-2.0
// A blob that is being filled, in any order, under partial/<sha256>.  commit() is its only way into the store, and it
// always verifies.  Destroying it keeps the bytes for another time (it may write a small file) and publishes nothing.
//
// write, append, save_map, rehash, commit and discard block (disk pool) and are called one at a time.  All else is safe
// from any thread and cheap, and what is held may be read from file() by everybody, before, during and after commit():
// it is the same file, and what was held once stays.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
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

namespace weir::cas {

// So many bytes are synced together; a power failure costs no more of a partial blob.
inline constexpr uint64_t kCheckpointBytes = 256 << 20;

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

  // How many bytes from the start are there to be read.
  uint64_t held() const { return frontiers_.held(); }
  // How many of them are hashed.
  uint64_t hashed() const { return frontiers_.hashed(); }
  // Whether all bytes are there.  They are not verified before commit().
  bool complete() const { return held() == size(); }
  // The end of the run of held bytes that covers `offset`; `offset` itself when that byte is not held.
  uint64_t held_from(uint64_t offset) const;
  // All runs that are held, ascending; no two of them touch.
  std::vector<ByteRange> held_ranges() const;
  // What is not held of `within`, ascending.
  std::vector<ByteRange> missing(ByteRange within) const;

  // Whether there is room for what is not held of `range`: reserve() has promised it.
  bool is_reserved(ByteRange range) const;
  // Blocking, beside other calls.  Reserves room for what is not held of `range`; writing draws on it.  A write that
  // nobody reserved room for is taken all the same, and counted.  Errors: over_limit and no_space, saying which limit
  // stands in the way; io.
  Result<void> reserve(ByteRange range);
  // The bytes do not come: gives back what was reserved for them.
  void release(ByteRange range);

  // Writes what is not held yet of these bytes; what is held stays as it is.  Errors: digest_mismatch for bytes beyond
  // size(), of which none is taken; io, no_space.
  Result<void> write(uint64_t offset, std::string_view bytes);
  // Writes at held().
  Result<void> append(std::string_view bytes) { return write(held(), bytes); }
  // Makes what is held survive a kill.  Done from time to time and at the end without being asked; worth a call when
  // no more bytes are expected for a while.  Errors: io, no_space.
  Result<void> save_map();

  // Makes what is held survive a power failure.  Done each kCheckpointBytes without being asked.  Errors: io, no_space;
  // when the bytes could not be synced they are removed, and this object is of no further use.
  Result<void> checkpoint();

  // Hashes up to `bytes_at_most` bytes below held() that are not hashed: what a former run left, and what came before
  // its turn.  Returns how many are left to be hashed.  Needed by nobody (commit() does what is missing), but it may be
  // done in small steps while the rest still arrives.
  Result<uint64_t> rehash(uint64_t bytes_at_most);

  // Verifies size and digest and publishes.  Errors: digest_mismatch when either is wrong (the bytes are in quarantine
  // now and this object is of no further use); io, no_space (the bytes stay, for another commit() or another
  // open_partial, unless it was they that could not be synced).
  Result<std::shared_ptr<const Blob>> commit();

  // Puts the bytes, of which some may be wrong, into quarantine: who holds a part of them is not to go on from there.
  // This object is of no further use.
  Result<void> reject();

  // Removes the bytes.  This object is of no further use.
  Result<void> discard();

 private:
  PartialBlob(Shelf& shelf, LooseFiles& loose_files, Space& space, std::unique_ptr<Claims::Claim> claim,
              std::shared_ptr<const BlobFile> file, BlockMap map, MapFile map_file);
  Result<void> check_usable() const;
  Result<void> write_gap(uint64_t offset, std::string_view bytes);
  Result<void> verify();
  Result<void> checkpoint_when_due(uint64_t bytes);
  void drop_map();
  void recount();

  std::vector<ByteRange> not_reserved(ByteRange range) const;

  Shelf& shelf_;
  LooseFiles& loose_files_;
  Space& space_;
  std::unique_ptr<Claims::Claim> claim_;
  std::shared_ptr<const BlobFile> file_;
  std::filesystem::path path_;
  mutable std::mutex map_mutex_;
  BlockMap map_;             // guarded by map_mutex_
  BlockMap promised_;        // what is reserved and not held; guarded by map_mutex_
  Reservation reservation_;  // for promised_; guarded by map_mutex_
  Loose loose_;
  MapFile map_file_;
  HashedFile frontiers_;
  uint64_t unsynced_ = 0;         // bytes written since the last checkpoint
  std::optional<Sha256> actual_;  // once verified
  enum class State { filling, ended } state_ = State::filling;
};

}  // namespace weir::cas
