// SPDX-License-Identifier: Apache-2.0
// Watches what a file system has left while files are downloaded to it.  Blocking; thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <utility>

#include "base/result.h"

namespace weir::cli {

class DiskRoom {
 public:
  // `min_free`: bytes that are to stay free; 0 means that nobody asked.
  DiskRoom(std::filesystem::path folder, uint64_t min_free) : folder_(std::move(folder)), min_free_(min_free) {}

  // A promise of room for bytes that are on their way; it goes with this object.
  class Promise {
   public:
    Promise(DiskRoom& room, uint64_t bytes) : room_(&room), bytes_(bytes) {}
    ~Promise();
    Promise(Promise&& other) noexcept : room_(std::exchange(other.room_, nullptr)), bytes_(other.bytes_) {}
    Promise& operator=(Promise&&) = delete;
    // So many of them have come: the file system itself counts them now.
    void took(uint64_t bytes);

   private:
    DiskRoom* room_;
    uint64_t bytes_;
  };

  // Errors: no_space when that would leave less than `min_free`; io.
  Result<Promise> promise(uint64_t bytes);
  // Errors: no_space when less is free already, whoever took it; io.
  Result<void> check() const;

 private:
  Result<uint64_t> free_bytes() const;
  Error too_little(uint64_t free) const;

  const std::filesystem::path folder_;
  const uint64_t min_free_;
  std::mutex mutex_;
  uint64_t promised_ = 0;  // guarded by mutex_
};

}  // namespace weir::cli
