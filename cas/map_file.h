// SPDX-License-Identifier: Apache-2.0
// The map beside a partial blob's file, which says what that file holds and which of it is trusted.  A file of trusted
// bytes that grew from its start to its end needs none: its length says all.  Two rules keep a crash from ever making a
// hole look like bytes, or an untrusted byte like a trusted one:
//   - a map stands there before the first byte is written that is untrusted or behind a gap, and claims nothing that
//     was not written before;
//   - a map is removed only when the file beside it has gone.
// Blocking (disk pool), one call at a time.
#pragma once

#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "cas/disk.h"
#include "cas/layout.h"
#include "cas/trust.h"

namespace weir::cas {

// The map is saved when so much is held that it does not say, or when something is and the last time is so long ago.
inline constexpr uint64_t kMapSaveBytes = 4 << 20;
inline constexpr Duration kMapSaveInterval{250};

class MapFile {
 public:
  // What stood there when it was opened.
  struct Opened {
    Found found = Found::absent;
    std::optional<Runs> runs;  // of a plain file that is sound
  };

  MapFile(const Layout& layout, const Sha256& digest) : layout_(layout), digest_(digest) {}

  Result<Opened> open();
  // Whether there is a map, sound or not: then the file's length means nothing.
  bool exists() const { return exists_; }

  // Writes a map that outlives a power failure: the first one, and one that takes claims back.
  Result<void> establish(const Runs& runs);

  // So many bytes are held, or trusted, since.  Says whether it is time to save.
  bool is_due(uint64_t bytes);
  bool is_behind() const { return exists_ && unsaved_ > 0; }
  // Replaces the map in one step, without a sync: after a power failure the digest of the whole decides.
  Result<void> save(const Runs& runs);

  // Removes the map and the checkpoint.  The file beside them has gone already.
  Result<void> remove();

 private:
  std::filesystem::path path() const { return layout_.partial_map(digest_); }
  Result<void> on_written(Result<void> written);

  Layout layout_;
  Sha256 digest_;
  bool exists_ = false;
  uint64_t unsaved_ = 0;  // bytes of which the map says less than is true
  MonotonicTime saved_at_{};
};

// The checkpoint, partial/<sha256>.synced: a map of the bytes that are on the disk for certain.  The caller has synced
// them.  It is read after a power failure only.
Result<void> write_checkpoint(const Layout& layout, const Sha256& digest, const Runs& runs);
bool has_checkpoint(const Layout& layout, const Sha256& digest);
// The file that it speaks of has gone already.
Result<void> remove_checkpoint(const Layout& layout, const Sha256& digest);
// After a power failure: the checkpoint becomes the map.  A partial blob without a sound one is removed.
Result<void> fall_back_to_checkpoint(const Layout& layout, const Sha256& digest);

// Removes a partial blob's file and then what speaks of it.
Result<void> remove_partial(const Layout& layout, const Sha256& digest);

// Removes maps and checkpoints without a file: what a crash left between the steps of a removal.  When the store is
// opened.
Result<void> remove_leftover_maps(const Layout& layout);

}  // namespace weir::cas
