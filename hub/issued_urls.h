// SPDX-License-Identifier: Apache-2.0
// The signed URLs that the hub handed out through this process: a client that comes with one of them, before it
// expires, may read what it stands for.  In memory only, under a keyed hash.  Thread-safe; bounded, the oldest go
// first.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "base/digest.h"
#include "hub/grant.h"
#include "hub/signed_url.h"

namespace weir::hub {

struct IssuedUrl {
  Sha256 digest;
  uint64_t size = 0;
  SharedGrant grant;  // of the client that it was issued to

  bool operator==(const IssuedUrl&) const = default;
};

class IssuedUrls {
 public:
  static constexpr size_t kDefaultLimit = 100'000;

  explicit IssuedUrls(size_t limit = kDefaultLimit) : limit_(limit) {}

  // Remembers a URL that the hub named, until the earlier of `expires` (what the hub said beside it) and what its query
  // says.  One of which neither is known, or that has expired, is not remembered: only the CDN can tell what it is
  // worth.
  void remember(const http::Url& url, IssuedUrl issued, WallTime now, std::optional<WallTime> expires = std::nullopt);

  // What this very URL stands for, if the hub named it and it is valid at `now`.  Otherwise the CDN has to be asked.
  std::optional<IssuedUrl> find(const http::Url& url, WallTime now) const;

  size_t size() const;

 private:
  struct Entry {
    IssuedUrl issued;
    WallTime expires;
    uint64_t turn;  // of its last remember(); an older one in order_ is void
  };
  struct Turn {
    Sha256 url;
    uint64_t turn;
  };

  void drop_oldest_while_needed(WallTime now);

  const size_t limit_;
  const UrlHasher hash_;
  mutable std::mutex mutex_;
  std::unordered_map<Sha256, Entry, DigestHash> entries_;  // guarded by mutex_
  std::deque<Turn> order_;                                 // guarded by mutex_
  uint64_t turns_ = 0;                                     // guarded by mutex_
};

}  // namespace weir::hub
