// SPDX-License-Identifier: Apache-2.0
// The quarantine: files whose bytes are not what their name says, as quarantine/<sha256>.<unix time>.  The newest keep
// their bytes, older ones become notes (empty files), so that what happened is remembered and the disk is not filled.
// The file's mtime says when it was.  Safe from any thread; last() is cheap, take() blocks.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "cas/layout.h"

namespace weir::cas {

// How long a digest counts as recently quarantined, whatever else happens.
inline constexpr std::chrono::hours kQuarantineMemory{1};
// How many files keep their bytes, and how many bytes they may have together.
inline constexpr size_t kQuarantineFiles = 16;
inline constexpr uint64_t kQuarantineBytes = uint64_t{64} << 30;
// How many files there may be, notes included; those of the last hour are kept beyond that.
inline constexpr size_t kQuarantineNotes = 4096;

class Quarantine {
 public:
  struct Limits {
    size_t files = kQuarantineFiles;
    uint64_t bytes = kQuarantineBytes;
    size_t notes = kQuarantineNotes;
  };

  // Reads the folder.
  static Result<std::unique_ptr<Quarantine>> open(const Layout& layout, const Limits& limits);

  // Moves the file at `path`, whatever it is, here.  The caller syncs the folder that it leaves.  last() knows of it
  // even when the move fails.
  Result<void> take(const std::filesystem::path& path, const Sha256& digest, WallTime now);
  // Has last() know of wrong bytes that never were in the store.
  void note(const Sha256& digest, WallTime now) { remember(digest, now); }
  // When bytes of this digest came here last.
  std::optional<WallTime> last(const Sha256& digest) const;

 private:
  struct Record {
    Sha256 digest;
    WallTime time;
    uint64_t size = 0;  // 0 of a note
    std::string name;
  };

  Quarantine(const Layout& layout, const Limits& limits) : layout_(layout), limits_(limits) {}
  Result<void> load();
  void remember(const Sha256& digest, WallTime time);
  void add(Record record);
  void trim(WallTime now);
  void strip_to_note(Record& record);
  bool drop_note(const Record& record);
  void remember_newest();
  std::filesystem::path path_of(const Record& record) const { return layout_.quarantine() / record.name; }

  Layout layout_;
  Limits limits_;
  std::mutex take_mutex_;        // held over system calls; taken before mutex_
  std::vector<Record> records_;  // newest first; guarded by take_mutex_

  mutable std::mutex mutex_;
  std::unordered_map<Sha256, WallTime, DigestHash> newest_;  // guarded by mutex_
};

}  // namespace weir::cas
