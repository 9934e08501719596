// SPDX-License-Identifier: Apache-2.0
// BlobFile is an open file of the store that many readers share: it keeps its bytes readable through every rename and
// removal of the file's name.  Blob is one that was verified: size and SHA-256 are what its name says.  Both are
// immutable values; any thread may read from the descriptor with pread.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/digest.h"
#include "base/unique_fd.h"
#include "cas/open_files.h"

namespace weir::cas {

class BlobFile {
 public:
  // `hold`: keeps the file in the store as long as it is open.
  BlobFile(UniqueFd fd, const Sha256& digest, uint64_t size, OpenFiles::SharedHold hold = nullptr)
      : BlobFile(std::make_shared<const UniqueFd>(std::move(fd)), digest, size, std::move(hold)) {}
  BlobFile(std::shared_ptr<const UniqueFd> fd, const Sha256& digest, uint64_t size, OpenFiles::SharedHold hold)
      : fd_(std::move(fd)), digest_(digest), size_(size), hold_(std::move(hold)) {}

  int fd() const { return fd_->get(); }
  // What the whole file is promised to hash to, and how long it is promised to be.
  const Sha256& digest() const { return digest_; }
  uint64_t size() const { return size_; }

 private:
  std::shared_ptr<const UniqueFd> fd_;
  Sha256 digest_;
  uint64_t size_;
  OpenFiles::SharedHold hold_;
};

class Blob {
 public:
  explicit Blob(std::shared_ptr<const BlobFile> file) : file_(std::move(file)) {}

  int fd() const { return file_->fd(); }
  const Sha256& digest() const { return file_->digest(); }
  uint64_t size() const { return file_->size(); }
  const std::shared_ptr<const BlobFile>& file() const { return file_; }

 private:
  std::shared_ptr<const BlobFile> file_;
};

}  // namespace weir::cas
