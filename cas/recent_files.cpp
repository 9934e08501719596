// SPDX-License-Identifier: Apache-2.0
#include "cas/recent_files.h"

namespace weir::cas {

RecentFiles::File RecentFiles::find(const Sha256& digest) {
  std::lock_guard lock(mutex_);
  auto place = places_.find(digest);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->second;
}

void RecentFiles::keep(const Sha256& digest, File file) {
  File gone;  // closed without the lock
  std::lock_guard lock(mutex_);
  if (auto place = places_.find(digest); place != places_.end()) {
    gone = std::exchange(place->second->second, std::move(file));
    return;
  }
  entries_.emplace_front(digest, std::move(file));
  places_[digest] = entries_.begin();
  if (entries_.size() <= capacity_) return;
  gone = std::move(entries_.back().second);
  places_.erase(entries_.back().first);
  entries_.pop_back();
}

void RecentFiles::drop(const Sha256& digest) {
  File gone;
  std::lock_guard lock(mutex_);
  auto place = places_.find(digest);
  if (place == places_.end()) return;
  gone = std::move(place->second->second);
  entries_.erase(place->second);
  places_.erase(place);
}

void RecentFiles::clear() {
  std::list<Entry> gone;
  std::lock_guard lock(mutex_);
  gone.swap(entries_);
  places_.clear();
}

}  // namespace weir::cas
