// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_progress.h"

#include <utility>

namespace weir::upstream {

std::shared_ptr<const cas::BlobFile> FetchProgress::file() const {
  std::lock_guard lock(mutex_);
  return file_;
}

FetchFailure FetchProgress::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void FetchProgress::open(std::shared_ptr<const cas::BlobFile> file, uint64_t readable) {
  {
    std::lock_guard lock(mutex_);
    file_ = std::move(file);
  }
  advance(readable);
}

void FetchProgress::verify(std::shared_ptr<const cas::BlobFile> file) {
  open(std::move(file), size_);
  state_.store(FetchState::verified, std::memory_order_release);
}

void FetchProgress::fail(FetchFailure failure) {
  {
    std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
  }
  state_.store(FetchState::failed, std::memory_order_release);
}

}  // namespace weir::upstream
