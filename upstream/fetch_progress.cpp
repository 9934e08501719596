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

std::string FetchProgress::sources() const {
  std::lock_guard lock(mutex_);
  return sources_;
}

void FetchProgress::add_source(const std::string& name) {
  std::lock_guard lock(mutex_);
  sources_ += (sources_.empty() ? "" : ",") + name;
}

uint64_t FetchProgress::readable_from(uint64_t offset) const {
  if (state() == FetchState::verified) return size_;
  std::lock_guard lock(mutex_);
  if (partial_) return partial_->readable_from(offset);
  for (auto run : left_)
    if (run.begin <= offset && offset < run.end) return run.end;
  return offset;
}

std::vector<ByteRange> FetchProgress::readable_ranges() const {
  if (state() == FetchState::verified) return {{0, size_}};
  std::lock_guard lock(mutex_);
  return partial_ ? partial_->readable_ranges() : left_;
}

void FetchProgress::open(std::shared_ptr<const cas::PartialBlob> partial) {
  std::lock_guard lock(mutex_);
  file_ = partial->file();
  partial_ = std::move(partial);
}

void FetchProgress::verify(std::shared_ptr<const cas::BlobFile> file) {
  {
    std::lock_guard lock(mutex_);
    file_ = std::move(file);
    partial_ = nullptr;
  }
  state_.store(FetchState::verified, std::memory_order_release);
}

void FetchProgress::fail(FetchFailure failure) {
  {
    std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    if (partial_) left_ = partial_->readable_ranges();
    partial_ = nullptr;
  }
  state_.store(FetchState::failed, std::memory_order_release);
}

}  // namespace weir::upstream
