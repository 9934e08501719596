// SPDX-License-Identifier: Apache-2.0
// The catalogue: which blobs stand in objects/, in memory, with index.db behind it.  Memory is always right and cheap
// to ask; what changed is written to index.db by flush().  Safe from any thread; only open, flush and the destructor
// block.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cas/blob_index.h"
#include "cas/eviction.h"
#include "cas/layout.h"

namespace weir::cas {

struct BlobInfo {
  Sha256 digest;
  uint64_t size = 0;
  WallTime last_use;
  Verification verification = Verification::unverified;
};

struct Totals {
  uint64_t count = 0;
  uint64_t bytes = 0;

  bool operator==(const Totals&) const = default;
};

class Catalog {
 public:
  // Loads index.db, and has it in memory while its disk takes no change.  Unless its last owner closed it, objects/ is
  // walked (names only): files that it does not know are entered as unverified, and what has no file any more is
  // forgotten.
  static Result<std::unique_ptr<Catalog>> open(const Layout& layout);
  // Flushes, and marks index.db as closed if that worked.
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // What a verified blob's file must look like.
  std::optional<FileStamp> verified(const Sha256& digest) const;
  // An entry without numbers keeps those that the digest had, or gets the next ones.
  void put(const Sha256& digest, const Entry& entry);
  void touch(const Sha256& digest, WallTime now);
  // Trusts the blob no more, if its stamp still is the one that was found wrong.
  void doubt(const Sha256& digest, const FileStamp& stamp);
  // Forgets a blob whose file has gone, if its stamp still is that one.
  void forget(const Sha256& digest, const FileStamp& stamp);
  void forget(const Sha256& digest);
  // Forgets a blob that was not used after the use of that number, and gives its entry away.
  std::optional<Entry> take(const Sha256& digest, uint64_t used);

  // All, in no order; those that come or go meanwhile may be among them or not.
  std::vector<Candidate> candidates() const;
  std::vector<BlobInfo> list() const;
  // Of verified and of unverified blobs.
  Totals totals(Verification verification) const;

  // Writes what changed since the last time.  What could not be written stays for the next time.  Errors: io, no_space;
  // read_only as long as the disk takes no change.
  Result<void> flush();

 private:
  Catalog(BlobIndex index, std::filesystem::path path) : path_(std::move(path)), index_(std::move(index)) {}
  Result<void> have_index_on_disk();  // with index_mutex_ held
  void load();
  void walk(const Layout& layout);
  void enter_unknown(const Layout& layout, const std::vector<Sha256>& unknown);
  void drop_gone(const Layout& layout, const std::unordered_set<Sha256, DigestHash>& seen);
  void set(const Sha256& digest, const std::optional<Entry>& entry);
  // The same without a change to be flushed.
  void replace(const Sha256& digest, const std::optional<Entry>& entry);
  Totals& totals_of(const Entry& entry) { return totals_[static_cast<size_t>(entry.verification)]; }

  const std::filesystem::path path_;
  std::mutex index_mutex_;  // taken before mutex_
  BlobIndex index_;         // guarded by index_mutex_

  mutable std::mutex mutex_;
  std::unordered_map<Sha256, Entry, DigestHash> entries_;  // guarded by mutex_
  std::unordered_set<Sha256, DigestHash> changed_;         // guarded by mutex_
  Totals totals_[2];                                       // by Verification; guarded by mutex_
  uint64_t next_number_ = 1;                               // of a use or a publication; guarded by mutex_
};

}  // namespace weir::cas
