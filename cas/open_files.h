// SPDX-License-Identifier: Apache-2.0
// OpenFiles: which digests somebody reads or fills just now, so that nobody removes their files meanwhile.  Safe from
// any thread.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/digest.h"

namespace weir::cas {

class OpenFiles : public std::enable_shared_from_this<OpenFiles> {
 public:
  // Keeps the digest's file as long as it lives.  It may outlive the store.
  class Hold {
   public:
    Hold(std::shared_ptr<OpenFiles> files, const Sha256& digest) : files_(std::move(files)), digest_(digest) {}
    ~Hold() { files_->release(digest_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    std::shared_ptr<OpenFiles> files_;
    Sha256 digest_;
  };
  using SharedHold = std::shared_ptr<const Hold>;

  // Taken before the file is looked for: from then on it stays.
  SharedHold hold(const Sha256& digest) {
    {
      std::lock_guard lock(mutex_);
      ++holds_[digest];
    }
    return std::make_shared<const Hold>(shared_from_this(), digest);
  }

  bool is_held(const Sha256& digest) const {
    std::lock_guard lock(mutex_);
    return holds_.contains(digest);
  }

  // Calls `forget`, while no hold can begin, unless there is one.  Returns whether it did.  `forget` makes those who
  // hold the digest later find nothing.
  template <typename Forget>
  bool forget_unless_held(const Sha256& digest, Forget forget) {
    std::lock_guard lock(mutex_);
    if (holds_.contains(digest)) return false;
    forget();
    return true;
  }

 private:
  void release(const Sha256& digest) {
    std::lock_guard lock(mutex_);
    auto held = holds_.find(digest);
    if (--held->second == 0) holds_.erase(held);
  }

  mutable std::mutex mutex_;
  std::unordered_map<Sha256, size_t, DigestHash> holds_;  // guarded by mutex_
};

}  // namespace weir::cas
