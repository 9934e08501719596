// SPDX-License-Identifier: Apache-2.0
// index.db: what the catalogue remembers over a restart, and whether the last owner closed it.  Blocking; not
// thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/database.h"
#include "base/digest.h"
#include "base/result.h"
#include "cas/disk.h"

namespace weir::cas {

enum class Verification {
  unverified = 0,  // a file has the name; nobody compared its bytes with it
  verified = 1,
};

struct Entry {
  FileStamp stamp;
  WallTime last_use;  // whole seconds are kept
  Verification verification = Verification::unverified;
  // Uses and publications are numbered in their order, all in one row, from 1 on; 0: to be numbered by the catalogue.
  // Unlike a time, a number cannot jump.
  uint64_t used = 0;    // the last use
  uint64_t stored = 0;  // the publication

  bool operator==(const Entry&) const = default;
};

using EntryRow = std::pair<Sha256, Entry>;
// A new entry, or the removal of one.
using EntryChange = std::pair<Sha256, std::optional<Entry>>;

class BlobIndex {
 public:
  // Opens or makes it.  A file that is damaged, newer or no regular file is set aside as index.db.damaged-N, and a new
  // one is made.  On a disk that takes no change it is a copy in memory, without rows where the file is of no use.
  // Errors: io, no_space.
  static Result<BlobIndex> open(const std::filesystem::path& path);

  // Whether it was opened on a disk that took no change: what is written goes with this object.
  bool is_in_memory() const { return database_.is_in_memory(); }

  // All rows.  After a damaged database was set aside: none.
  std::vector<EntryRow> take_rows() { return std::move(rows_); }
  // Whether the last owner ended well, so that every object has its row.
  bool was_closed() const { return was_closed_; }

  // One transaction, synced.
  Result<void> write(const std::vector<EntryChange>& changes);
  // Writes down that every object has its row now.  Nothing may be written after that.
  Result<void> mark_closed();

 private:
  explicit BlobIndex(Database database) : database_(std::move(database)) {}
  static Result<BlobIndex> open_or_replace(const std::filesystem::path& path);
  static Result<BlobIndex> open_as_it_is(const std::filesystem::path& path);
  static Result<BlobIndex> begin(Database database);
  Result<void> make_schema();
  Result<void> migrate();
  Result<void> load();

  Database database_;
  std::vector<EntryRow> rows_;
  bool was_closed_ = false;
};

}  // namespace weir::cas
