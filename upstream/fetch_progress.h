// SPDX-License-Identifier: Apache-2.0
// What a running fetch shows to its readers on other threads: the growing file and how far it may be read.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_range.h"
#include "base/clock.h"
#include "base/digest.h"
#include "cas/blob.h"
#include "cas/partial_blob.h"

namespace weir::upstream {

enum class FetchState {
  running,
  verified,  // the whole file is there and its sha256 is right
  failed,    // nothing more comes; failure() says why
};

// Why a fetch ended without its file, in the words of the answer that a client gets.
struct FetchFailure {
  int status = 502;
  std::string message;
  std::optional<Duration> retry_after = std::nullopt;  // the origin asked for this wait
  enum class Remedy {
    none,
    start_over,  // who has got no byte yet may join a new fetch
    pass_by,     // the store cannot take the file: the origin may be asked for the rest, past it
  };
  Remedy remedy = Remedy::none;
};

// Written by the fetch loop, read by any thread.
class FetchProgress {
 public:
  FetchProgress(const Sha256& digest, uint64_t size) : digest_(digest), size_(size) {}

  const Sha256& digest() const { return digest_; }
  uint64_t size() const { return size_; }
  FetchState state() const { return state_.load(std::memory_order_acquire); }
  // Bytes [offset, returned) of the file are there; unverified while the state is not `verified`.  What was there when
  // the fetch failed stays.
  uint64_t readable_from(uint64_t offset) const;
  // All that is there, as runs in order; what readable_from() says of each of their bytes.
  std::vector<ByteRange> readable_ranges() const;
  // The file, with holes where nothing has come yet; null until it is open.
  std::shared_ptr<const cas::BlobFile> file() const;
  // The names of the sources that have given bytes, in the order that they began to, with commas.
  std::string sources() const;
  // Once the state is `failed`.
  FetchFailure failure() const;

 private:
  friend class Fetch;
  friend class FetchTable;

  void open(std::shared_ptr<const cas::PartialBlob> partial);
  void add_source(const std::string& name);
  void verify(std::shared_ptr<const cas::BlobFile> file);
  void fail(FetchFailure failure);

  const Sha256 digest_;
  const uint64_t size_;
  std::atomic<FetchState> state_ = FetchState::running;
  mutable std::mutex mutex_;
  std::shared_ptr<const cas::BlobFile> file_;  // guarded by mutex_
  // Guarded by mutex_, and never copied out: a reader must not keep its claim on the digest.
  std::shared_ptr<const cas::PartialBlob> partial_;
  std::vector<ByteRange> left_;  // guarded by mutex_: what was readable when the fetch failed
  FetchFailure failure_;         // guarded by mutex_
  std::string sources_;          // guarded by mutex_
};

}  // namespace weir::upstream
