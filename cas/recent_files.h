// SPDX-License-Identifier: Apache-2.0
// The small objects that were opened last, kept open: to find one by its name costs more than to read it.  What is kept
// here may have gone from the store or have been changed; who takes it looks.  Safe from any thread.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/digest.h"
#include "base/unique_fd.h"

namespace weir::cas {

class RecentFiles {
 public:
  using File = std::shared_ptr<const UniqueFd>;

  explicit RecentFiles(size_t capacity) : capacity_(capacity) {}

  // Null when there is none.
  File find(const Sha256& digest);
  // In place of the one that was not looked for for longest, if there are too many.
  void keep(const Sha256& digest, File file);
  void drop(const Sha256& digest);
  void clear();

 private:
  using Entry = std::pair<Sha256, File>;

  const size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;                                                   // the latest first; guarded by mutex_
  std::unordered_map<Sha256, std::list<Entry>::iterator, DigestHash> places_;  // guarded by mutex_
};

}  // namespace weir::cas
