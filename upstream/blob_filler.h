// SPDX-License-Identifier: Apache-2.0
// The file side of a fetch: opens the partial blob, makes room, writes what was received, hashes behind, keeps the map
// and publishes.  Lives on the fetch loop; the work is done by the pool, one piece at a time, and beside writing and
// hashing a checkpoint, for which the origin need not wait.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "cas/blob_store.h"
#include "upstream/received_bytes.h"

namespace weir::upstream {

// What a filler asks and tells its owner.  on_opened(), on_settled(), on_committed() and on_store_failed() may destroy
// the filler.
class FillerOwner {
 public:
  virtual ~FillerOwner() = default;
  // More bytes are on their way.
  virtual bool expects_bytes() const = 0;
  // A blob that is whole is to be published now.
  virtual bool may_commit() const = 0;
  virtual void on_opened(Result<void> opened) = 0;
  // The room that was asked for is there, or not.
  virtual void on_reserved(Result<void> reserved) = 0;
  // Trusted bytes are held; where untrusted ones were, those of `contradicted` were others.  on_written() follows.
  virtual void on_trusted(ByteRange range, const std::vector<ByteRange>& contradicted) = 0;
  // What was to be forgotten is not held any more.
  virtual void on_forgotten() = 0;
  // More is held, and there may be room again.
  virtual void on_written() = 0;
  // What settle() and reject() were asked for is done.
  virtual void on_settled() = 0;
  // It publishes from here on.
  virtual void on_committing() = 0;
  virtual void on_committed(Result<std::shared_ptr<const cas::Blob>> blob) = 0;
  virtual void on_store_failed(const Error& error) = 0;
};

class BlobFiller {
 public:
  BlobFiller(Loop& loop, DiskPool& pool, FillerOwner& owner);

  void open(cas::BlobStore& store, const Sha256& digest, uint64_t size);
  // Null until it is open, and again once it is closed.
  const std::shared_ptr<cas::PartialBlob>& partial() const { return partial_; }
  void close() { partial_ = nullptr; }

  // Makes room for what is not held of `range`, for which there is none yet.
  void reserve(ByteRange range);
  // What room is being made for.
  const std::optional<ByteRange>& reserving() const { return reserving_; }

  // Whether bytes are taken; else the origin waits for the disk.
  bool has_room() const;
  void add(uint64_t offset, std::string_view bytes, cas::Trust trust);
  // Kept beside the bytes that are added from now on: see PartialBlob::set_version().
  void set_version(std::string version) { unsaved_version_ = std::move(version); }
  // What is neither held nor received of `within`.
  std::vector<ByteRange> missing(ByteRange within) const;
  // What is held or received of `within` and clients cannot read before the whole is verified.
  std::vector<ByteRange> untrusted(ByteRange within) const;
  bool has_anything() const;
  bool has_untrusted() const { return partial_->has_untrusted(); }

  // Does what there is to do.  Called when the owner's answers have changed.
  void work();
  // True: it has nothing in hand.  Else what was received is written, and then on_settled() is called.
  bool settle();
  // What is untrusted of these is given up, once what was received is written.
  void forget(const std::vector<ByteRange>& ranges);
  // Drops what was received, puts what is held into quarantine, and then calls on_settled().
  void reject();

 private:
  bool may_write();
  void write_piece();
  void hash_some();
  void save_map();
  bool wants_checkpoint() const;
  void make_checkpoint();
  void forget_some();
  void commit();
  void reject_held();
  void on_done(Result<void> done);
  void tell_failure();

  Loop& loop_;
  DiskPool& pool_;
  FillerOwner& owner_;
  std::shared_ptr<cas::PartialBlob> partial_;
  DiskTask room_task_;
  std::optional<ByteRange> reserving_;
  DiskTask task_;
  bool busy_ = false;
  DiskTask checkpoint_task_;
  bool checkpointing_ = false;
  std::optional<Error> failure_;  // told once nothing is with the pool
  bool wrote_last_ = false;
  bool map_saved_ = true;
  ReceivedBytes received_;
  std::optional<std::string> unsaved_version_;
  ByteRange writing_;  // with the pool now
  cas::Trust writing_trust_ = cas::Trust::trusted;
  MonotonicTime written_at_{};
  Timer gathering_;  // until a piece that is not full is written
  std::vector<ByteRange> forgetting_;
  bool settling_ = false;
  bool in_doubt_ = false;  // what is held is to be rejected
};

}  // namespace weir::upstream
