// SPDX-License-Identifier: Apache-2.0
// Loose bytes: those of files that are no blobs yet, in partial/ and tmp/.  Each such file has a Loose, and their sum
// is what the store counts beside its blobs.  The total is safe from any thread, one Loose is not.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

namespace weir::cas {

class Loose {
 public:
  // `total` must outlive it.
  explicit Loose(std::atomic<uint64_t>& total) : total_(&total) {}
  Loose(Loose&& other) noexcept : total_(other.total_), bytes_(std::exchange(other.bytes_, 0)) {}
  Loose& operator=(Loose&& other) noexcept {
    clear();
    total_ = other.total_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~Loose() { clear(); }

  uint64_t bytes() const { return bytes_; }
  void add(uint64_t bytes) {
    bytes_ += bytes;
    *total_ += bytes;
  }
  // Some of its bytes count for nothing: they are written over when others come in their place.
  void subtract(uint64_t bytes) {
    bytes = std::min(bytes, bytes_);
    bytes_ -= bytes;
    *total_ -= bytes;
  }
  // The file has gone, or is counted as a blob.
  void clear() { *total_ -= std::exchange(bytes_, 0); }

 private:
  std::atomic<uint64_t>* total_;
  uint64_t bytes_ = 0;
};

}  // namespace weir::cas
