// SPDX-License-Identifier: Apache-2.0
// A blob that is stored whole, from bytes whose digest need not be known before the last one.  It grows under a random
// name in tmp/; commit() stores it under the SHA-256 of its bytes.  Destroying it without that removes it.  All calls
// block (disk pool) and come one at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/unique_fd.h"
#include "cas/blob.h"
#include "cas/hashed_file.h"
#include "cas/loose_files.h"
#include "cas/shelf.h"
#include "cas/space.h"

namespace weir::cas {

class NewBlob {
 public:
  // Called by BlobStore::create_unnamed.  Room for `expected_size` bytes is reserved; further ones reserve their own.
  // The parts of the store must outlive it.
  static Result<std::unique_ptr<NewBlob>> create(Shelf& shelf, LooseFiles& loose_files, Space& space,
                                                 uint64_t expected_size);
  ~NewBlob();
  NewBlob(const NewBlob&) = delete;
  NewBlob& operator=(const NewBlob&) = delete;

  uint64_t size() const { return frontiers_.held(); }
  // Errors: io, no_space, over_limit.
  Result<void> append(std::string_view bytes);
  // While it is empty: shares the `size` bytes of another file of this file system with it (a reflink) and returns
  // true, or returns false where that cannot be done.
  Result<bool> share(int source, uint64_t size);
  // Once.  The blob says which digest it got.  With `expected`, nothing is stored that has another one.  Errors:
  // digest_mismatch; io, no_space.
  Result<std::shared_ptr<const Blob>> commit(const std::optional<Sha256>& expected = std::nullopt);

 private:
  NewBlob(Shelf& shelf, Space& space, Reservation reservation, Loose loose, std::filesystem::path path, UniqueFd fd);

  Shelf& shelf_;
  Space& space_;
  Reservation reservation_;
  Loose loose_;
  std::filesystem::path path_;
  UniqueFd fd_;  // empty once commit() was called
  HashedFile frontiers_;
};

}  // namespace weir::cas
