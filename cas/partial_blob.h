// SPDX-License-Identifier: Apache-2.0
// A blob that is being filled, from its start to its end, under partial/<sha256>.  commit() is its only way into the
// store, and it always verifies.  Destroying it keeps the bytes for another time and publishes nothing.
//
// append, rehash, commit and discard block (disk pool) and are called one at a time.  All else is safe from any thread,
// and file() may be read up to held() by everybody, before, during and after commit(): it is the same file.
#pragma once

#include <memory>
#include <string_view>

#include "cas/blob.h"
#include "cas/claims.h"
#include "cas/hashed_file.h"
#include "cas/shelf.h"

namespace weir::cas {

class PartialBlob {
 public:
  // Called by BlobStore::open_partial.  The shelf must outlive it.
  static Result<std::shared_ptr<PartialBlob>> open(Shelf& shelf, std::unique_ptr<Claims::Claim> claim, uint64_t size);
  PartialBlob(const PartialBlob&) = delete;
  PartialBlob& operator=(const PartialBlob&) = delete;

  const Sha256& digest() const { return file_->digest(); }
  // How long the whole is to be.
  uint64_t size() const { return file_->size(); }
  // How many bytes from the start are there to be read.
  uint64_t held() const { return frontiers_.held(); }
  // How many of them are hashed.
  uint64_t hashed() const { return frontiers_.hashed(); }
  const std::shared_ptr<const BlobFile>& file() const { return file_; }
  int fd() const { return file_->fd(); }

  // Hashes up to `bytes_at_most` bytes of what a former run left; returns how many are left to be hashed.  Needed by
  // nobody (commit() does what is missing), but it may be done in small steps while the rest still arrives.
  Result<uint64_t> rehash(uint64_t bytes_at_most);

  // Writes at held().  Errors: digest_mismatch for bytes beyond size(), of which none is taken; io, no_space.
  Result<void> append(std::string_view bytes);

  // Verifies size and digest and publishes.  Errors: digest_mismatch when either is wrong (the bytes are in quarantine
  // now and this object is of no further use); io, no_space (the bytes stay, for another commit() or another
  // open_partial).
  Result<std::shared_ptr<const Blob>> commit();

  // Removes the bytes.  This object is of no further use.
  Result<void> discard();

 private:
  PartialBlob(Shelf& shelf, std::unique_ptr<Claims::Claim> claim, std::shared_ptr<const BlobFile> file, uint64_t held);
  Result<void> check_usable() const;
  Result<void> verify();

  Shelf& shelf_;
  std::unique_ptr<Claims::Claim> claim_;
  std::shared_ptr<const BlobFile> file_;
  std::filesystem::path path_;
  HashedFile frontiers_;
  std::optional<Sha256> actual_;  // once verified
  enum class State { filling, ended } state_ = State::filling;
};

}  // namespace weir::cas
