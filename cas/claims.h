// SPDX-License-Identifier: Apache-2.0
// Claims: who is filling a digest just now.  One claim for each digest at a time.  Safe from any thread.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_set>

#include "base/digest.h"

namespace weir::cas {

class Claims {
 public:
  // Held as long as somebody fills the digest; the Claims must outlive it.
  class Claim {
   public:
    Claim(Claims& claims, const Sha256& digest) : claims_(claims), digest_(digest) {}
    ~Claim() { claims_.release(digest_); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

    const Sha256& digest() const { return digest_; }

   private:
    Claims& claims_;
    Sha256 digest_;
  };

  // Null when somebody else holds the digest.
  std::unique_ptr<Claim> take(const Sha256& digest) {
    std::lock_guard lock(mutex_);
    if (!held_.insert(digest).second) return nullptr;
    return std::make_unique<Claim>(*this, digest);
  }

 private:
  void release(const Sha256& digest) {
    std::lock_guard lock(mutex_);
    held_.erase(digest);
  }

  std::mutex mutex_;
  std::unordered_set<Sha256, DigestHash> held_;  // guarded by mutex_
};

}  // namespace weir::cas
