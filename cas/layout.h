// SPDX-License-Identifier: Apache-2.0
// Where everything stands in the store's folder (docs/store-format.md).  Names are built from digests and constants
// only, so nothing from outside can choose a path.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace weir::cas {

inline constexpr std::string_view kMapSuffix = ".map";
inline constexpr std::string_view kCheckpointSuffix = ".synced";

class Layout {
 public:
  explicit Layout(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path lock() const { return root_ / "lock"; }
  std::filesystem::path version() const { return root_ / "version"; }
  std::filesystem::path index() const { return root_ / "index.db"; }
  std::filesystem::path scrub() const { return root_ / "scrub"; }
  std::filesystem::path spare() const { return root_ / "spare"; }
  std::filesystem::path boot() const { return root_ / "boot"; }
  std::filesystem::path objects() const { return root_ / "objects"; }
  std::filesystem::path partials() const { return root_ / "partial"; }
  std::filesystem::path quarantine() const { return root_ / "quarantine"; }
  std::filesystem::path temporary() const { return root_ / "tmp"; }

  std::filesystem::path object(const Sha256& digest) const;
  std::filesystem::path partial(const Sha256& digest) const { return partials() / digest.hex(); }
  std::filesystem::path partial_map(const Sha256& digest) const;
  std::filesystem::path partial_checkpoint(const Sha256& digest) const;
  // A new random name in tmp/.
  std::filesystem::path new_temporary() const;

 private:
  std::filesystem::path root_;
};

// Makes the store's own folder (0700), so that it can be locked.
Result<void> make_root(const Layout& layout);

// Writes the version of a new store, or checks the one that is there.  Errors: as prepare().
Result<void> check_version(const Layout& layout);

// Under the store's lock: writes or checks the version, makes the folders, empties tmp/.
// Errors: unsupported for a format that this program does not know, invalid for a folder that is no store but looks
// like one.
Result<void> prepare(const Layout& layout);

// Makes the folders that are not there.  Errors: io.
Result<void> make_folders(const Layout& layout);

// Makes the two folders that the object's file stands in.  A link in the place of one is removed.
Result<void> make_object_folders(const Layout& layout, const Sha256& digest);
// Whether one of those two is a link, which leads out of the store.
bool is_behind_link(const Layout& layout, const Sha256& digest);

}  // namespace weir::cas
