// SPDX-License-Identifier: Apache-2.0
// The files of a store, as Space sees them.  Safe from any thread; what removes blocks.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "cas/claims.h"
#include "cas/loose_files.h"
#include "cas/shelf.h"
#include "cas/space.h"

namespace weir::cas {

using DigestSet = std::unordered_set<Sha256, DigestHash>;
// Says which blobs must stay whatever happens.  Asked on the disk pool, each time that blobs to go are looked for.
using PinnedBlobs = std::function<Result<DigestSet>()>;

class StoreStock : public Stock {
 public:
  // Both must outlive it.
  StoreStock(Shelf& shelf, LooseFiles& loose) : shelf_(shelf), loose_(loose) {}

  // Before anything is removed.
  void set_pins(PinnedBlobs pinned) { pinned_ = std::move(pinned); }
  // Who fills a partial blob claims it first: null when somebody else has.  Waits while it is being removed.
  std::unique_ptr<Claims::Claim> claim(const Sha256& digest);

  // Stock
  uint64_t bytes() const override;
  std::optional<uint64_t> free_bytes() const override;
  std::optional<uint64_t> free_files() const override;
  std::vector<Candidate> idle_partials() const override;
  Result<std::vector<Candidate>> idle_blobs() const override;
  Result<bool> remove_partial(const Candidate& partial) override;
  Result<bool> remove_blob(const Candidate& blob) override { return shelf_.remove(blob); }
  void remove_empty_folders() override { shelf_.remove_empty_folders(); }

 private:
  Shelf& shelf_;
  LooseFiles& loose_;
  PinnedBlobs pinned_;
  Claims claims_;
  std::mutex claiming_;
};

}  // namespace weir::cas
