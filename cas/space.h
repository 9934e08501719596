// SPDX-License-Identifier: Apache-2.0
// Space: what the store may take of the disk.  Whoever is going to write reserves the bytes first; where that goes
// beyond a limit, files that nobody uses are removed before the promise is given: partial blobs, the oldest use first,
// then blobs in the configured order.  Files are chosen in batches: one look at all of them serves many reservations.
//
// Safe from any thread; reserve() and collect() block (disk pool).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cas/catalog.h"
#include "cas/eviction.h"
#include "cas/options.h"

namespace weir::cas {

// The files that take space.
class Stock {
 public:
  virtual ~Stock() = default;

  // Bytes of all files, each counted once.
  virtual uint64_t bytes() const = 0;
  // What the file system has left for us; nothing when it does not say.
  virtual std::optional<uint64_t> free_bytes() const = 0;
  // How many files and folders more it takes; nothing when it does not say.
  virtual std::optional<uint64_t> free_files() const = 0;
  // What may go: nothing that is open, filled or pinned.  Errors: io, when it cannot be known what is pinned.
  virtual std::vector<Candidate> idle_partials() const = 0;
  virtual Result<std::vector<Candidate>> idle_blobs() const = 0;
  // Removes it.  False when it was used since it was named, or is in use, or has gone.  Errors: io.
  virtual Result<bool> remove_partial(const Candidate& partial) = 0;
  virtual Result<bool> remove_blob(const Candidate& blob) = 0;
  // Removes the folders that blobs have left empty.
  virtual void remove_empty_folders() = 0;
};

class Space;

// Bytes that may be written.  Destroying it gives the rest back.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept : space_(other.space_), bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    give_back(bytes_);
    space_ = other.space_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~Reservation() { give_back(bytes_); }

  uint64_t bytes() const { return bytes_; }
  // Takes over what the other one has, which is of the same space.
  void join(Reservation other);
  // So many bytes were written and count elsewhere, or are not needed; at most all of it.
  void give_back(uint64_t bytes);

 private:
  friend class Space;
  Reservation(Space& space, uint64_t bytes) : space_(&space), bytes_(bytes) {}
  Space* space_ = nullptr;
  uint64_t bytes_ = 0;
};

// What a collection removed, or would remove.
struct Collected {
  std::vector<Candidate> partials;
  std::vector<Candidate> blobs;
  uint64_t bytes = 0;
  uint64_t short_by = 0;  // bytes above the limit that could not go
};

enum class Collect { for_real, dry_run };

class Space {
 public:
  // The stock must outlive it, and it the reservations.
  Space(const Options& options, Stock& stock);

  // Blocking.  Errors, saying which limit stands in the way: over_limit for max_size, no_space for min_free; nothing is
  // removed in vain.  io.
  Result<Reservation> reserve(uint64_t bytes);
  // Blocking.  Brings the store under its limits now; `max_size` in place of the configured one.
  Result<Collected> collect(Collect mode, std::optional<uint64_t> max_size = std::nullopt);
  // Blocking.  Removes all partial blobs that nobody uses, for who knows that there is too little room.
  void remove_idle_partials();
  // Blocking.  For who could make no file: where the file system takes no further ones, whatever bytes it has left,
  // some go as for the want of bytes.  False when that is not what is missing, or when nothing can go.
  bool make_room_for_files();
  // What is pinned has changed: what was chosen to go next is forgotten.
  void choose_anew();

  uint64_t reserved_bytes() const { return reserved_; }
  std::optional<uint64_t> free_bytes() const { return stock_.free_bytes(); }
  // What was removed to make room, since the start.
  Totals evicted() const { return {evicted_count_, evicted_bytes_}; }
  const SpaceLimits& limits() const { return limits_; }

 private:
  friend class Reservation;

  SpaceState state() const;
  Result<bool> make_room(uint64_t bytes);
  Result<void> remove_for_files();
  Result<bool> look_for_blobs(uint64_t bytes);
  Result<uint64_t> remove_partials(const std::vector<Candidate>& partials);
  Result<uint64_t> remove_blobs(uint64_t bytes);
  Result<bool> remove(const Candidate& victim, Result<bool> (Stock::*way)(const Candidate&));
  Error no_room(uint64_t wanted) const;

  const SpaceLimits limits_;
  const EvictionOrder order_;
  Stock& stock_;
  std::atomic<uint64_t> reserved_ = 0;
  std::atomic<uint64_t> evicted_count_ = 0;
  std::atomic<uint64_t> evicted_bytes_ = 0;

  std::mutex mutex_;            // over each decision, with the removals that it needs
  std::deque<Candidate> next_;  // blobs to go, in order; guarded by mutex_
  uint64_t next_bytes_ = 0;     // of those; guarded by mutex_
  // What the last look that found too little found, and how long that is believed; guarded by mutex_.
  uint64_t idle_bytes_ = 0;
  MonotonicTime look_again_{};
};

}  // namespace weir::cas
