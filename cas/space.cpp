// SPDX-License-Identifier: Apache-2.0
#include "cas/space.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>

#include "base/log.h"

namespace weir::cas {
namespace {

// One look at all blobs names so large a part of them for removal: the next looks are as far away as that takes.
constexpr uint64_t kBatchParts = 20;
// A look that found too little counts for so many times as long as it took, so that a full store of many blobs is not
// looked through all the time; one that took less than this costs nothing.
constexpr int kLookShare = 10;
constexpr Duration kQuickLook{2};
// For so many files room is made at a time: a blob takes up to five on its way, with its maps and its folders.
constexpr uint64_t kFilesAtATime = 64;

uint64_t bytes_of(const std::vector<Candidate>& files) {
  return std::accumulate(files.begin(), files.end(), uint64_t{0},
                         [](uint64_t sum, const Candidate& file) { return sum + file.bytes; });
}

uint64_t less(uint64_t bytes, uint64_t done) {
  return bytes - std::min(bytes, done);
}

}  // namespace

void Reservation::join(Reservation other) {
  if (!space_) space_ = other.space_;
  bytes_ += std::exchange(other.bytes_, 0);
}

void Reservation::give_back(uint64_t bytes) {
  bytes = std::min(bytes, bytes_);
  if (bytes == 0) return;
  bytes_ -= bytes;
  space_->reserved_ -= bytes;
}

Space::Space(const Options& options, Stock& stock)
    : limits_{options.max_size, options.min_free}, order_(options.eviction), stock_(stock) {}

SpaceState Space::state() const {
  SpaceState state;
  // A writer counts bytes as stored before it gives their reservation back, so in this order none is missed.
  state.reserved = reserved_;
  state.stored = stock_.bytes();
  state.free = stock_.free_bytes();
  return state;
}

Result<Reservation> Space::reserve(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  if (auto missing = bytes_to_free(limits_, state(), bytes); missing > 0) {
    bool hopeless = limits_.max_size > 0 && bytes > limits_.max_size;
    if (hopeless) return fail(no_room(bytes));
    TRY_ASSIGN(bool made, make_room(missing));
    if (!made) return fail(no_room(bytes));
  }
  reserved_ += bytes;
  return Reservation(*this, bytes);
}

void Space::choose_anew() {
  std::lock_guard lock(mutex_);
  next_.clear();
  next_bytes_ = 0;
  look_again_ = {};
}

void Space::remove_idle_partials() {
  std::lock_guard lock(mutex_);
  auto removed = remove_partials(stock_.idle_partials());
  if (!removed) log::warning("cannot remove partial blobs to make room: {}", removed.error().message);
}

bool Space::make_room_for_files() {
  std::lock_guard lock(mutex_);
  if (stock_.free_files() != uint64_t{0}) return false;
  stock_.remove_empty_folders();
  auto removed = remove_for_files();
  if (!removed) log::warning("cannot remove blobs to make room for files: {}", removed.error().message);
  stock_.remove_empty_folders();
  return stock_.free_files().value_or(0) > 0;
}

// One after another, for what each gives back is not known: a blob may leave folders empty, a partial one has maps.
Result<void> Space::remove_for_files() {
  for (uint64_t count = 0; count < kFilesAtATime && stock_.free_files().value_or(0) < kFilesAtATime; ++count) {
    TRY_ASSIGN(auto freed, remove_partials(choose_victims(stock_.idle_partials(), EvictionOrder::lru, 1)));
    if (freed > 0) continue;
    TRY_ASSIGN(bool any, look_for_blobs(1));
    if (!any) return {};
    TRY_ASSIGN(freed, remove_blobs(1));
  }
  return {};
}

// False when too little can go; then nothing was removed, as far as that could be known before.
Result<bool> Space::make_room(uint64_t bytes) {
  auto partials = choose_victims(stock_.idle_partials(), EvictionOrder::lru, bytes);
  TRY_ASSIGN(bool enough, look_for_blobs(less(bytes, bytes_of(partials))));
  if (!enough) return false;
  TRY_ASSIGN(auto freed, remove_partials(partials));
  TRY_ASSIGN(auto of_blobs, remove_blobs(less(bytes, freed)));
  freed += of_blobs;
  if (freed >= bytes) return true;
  // Some were used since they were chosen.
  TRY_ASSIGN(enough, look_for_blobs(less(bytes, freed)));
  if (!enough) return false;
  TRY_ASSIGN(of_blobs, remove_blobs(less(bytes, freed)));
  return freed + of_blobs >= bytes;
}

// Names enough of them to go next, unless that was done before.  False when there are too few.
Result<bool> Space::look_for_blobs(uint64_t bytes) {
  if (next_bytes_ >= bytes) return true;
  auto begin = monotonic_now();
  if (begin < look_again_ && idle_bytes_ < bytes) return false;
  TRY_ASSIGN(auto blobs, stock_.idle_blobs());
  idle_bytes_ = bytes_of(blobs);
  auto end = monotonic_now();
  if (idle_bytes_ < bytes) {
    if (end - begin > kQuickLook) look_again_ = end + (end - begin) * kLookShare;
    return false;
  }
  auto victims = choose_victims(std::move(blobs), order_, std::max(bytes, idle_bytes_ / kBatchParts));
  next_bytes_ = bytes_of(victims);
  next_.assign(victims.begin(), victims.end());
  return true;
}

Result<uint64_t> Space::remove_partials(const std::vector<Candidate>& partials) {
  uint64_t freed = 0;
  for (const auto& partial : partials) {
    TRY_ASSIGN(bool removed, remove(partial, &Stock::remove_partial));
    if (removed) freed += partial.bytes;
  }
  return freed;
}

Result<uint64_t> Space::remove_blobs(uint64_t bytes) {
  uint64_t freed = 0;
  while (freed < bytes && !next_.empty()) {
    auto victim = next_.front();
    next_.pop_front();
    next_bytes_ -= victim.bytes;
    TRY_ASSIGN(bool removed, remove(victim, &Stock::remove_blob));
    if (removed) freed += victim.bytes;
  }
  return freed;
}

Result<bool> Space::remove(const Candidate& victim, Result<bool> (Stock::*way)(const Candidate&)) {
  TRY_ASSIGN(bool removed, (stock_.*way)(victim));
  if (!removed) return false;
  ++evicted_count_;
  evicted_bytes_ += victim.bytes;
  log::info("removed {} ({} bytes) to make room", victim.digest.hex(), victim.bytes);
  return true;
}

Result<Collected> Space::collect(Collect mode, std::optional<uint64_t> max_size) {
  std::lock_guard lock(mutex_);
  auto limits = limits_;
  if (max_size) limits.max_size = *max_size;
  auto bytes = bytes_to_free(limits, state(), 0);
  Collected collected;
  if (bytes == 0) return collected;
  TRY_ASSIGN(auto idle, stock_.idle_blobs());
  auto partials = choose_victims(stock_.idle_partials(), EvictionOrder::lru, bytes);
  auto blobs = choose_victims(std::move(idle), order_, less(bytes, bytes_of(partials)));
  auto take = [&](std::vector<Candidate>& from, std::vector<Candidate>& to, auto way) -> Result<void> {
    for (const auto& victim : from) {
      bool goes = true;
      if (mode == Collect::for_real) {
        TRY_ASSIGN(goes, remove(victim, way));
      }
      if (goes) to.push_back(victim);
    }
    return {};
  };
  TRY(take(partials, collected.partials, &Stock::remove_partial));
  TRY(take(blobs, collected.blobs, &Stock::remove_blob));
  collected.bytes = bytes_of(collected.partials) + bytes_of(collected.blobs);
  collected.short_by = less(bytes, collected.bytes);
  return collected;
}

Error Space::no_room(uint64_t wanted) const {
  auto now = state();
  auto by_size = now;
  by_size.free.reset();
  bool size_decides =
      bytes_to_free({limits_.max_size, 0}, by_size, wanted) >= bytes_to_free({0, limits_.min_free}, now, wanted);
  auto limit = size_decides
                   ? "store.max_size (" + std::to_string(limits_.max_size) + " bytes)"
                   : "what store.min_free (" + std::to_string(limits_.min_free) + " bytes) leaves of the file system";
  // A full file system is a trouble of the disk; a limit that one file is too large for is none.
  return Error{size_decides ? ErrorCode::over_limit : ErrorCode::no_space,
               std::to_string(wanted) + " more bytes do not fit into " + limit +
                   " beside what is open, pinned or being downloaded"};
}

}  // namespace weir::cas
