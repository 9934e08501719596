// SPDX-License-Identifier: Apache-2.0
// What a store's folder holds, whether or not a proxy owns it just now.  Reads only.  Blocking.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "hub/pins.h"

namespace weir::cli {

// A name that the hub has used for a blob.
struct BlobName {
  std::string repo;  // "org/name" for a model, else with the type in front: "datasets/org/name"
  std::string revision;
  std::string path;

  bool operator==(const BlobName&) const = default;
};

struct StoredBlob {
  Sha256 digest;
  uint64_t size = 0;
  std::vector<BlobName> names;

  bool operator==(const StoredBlob&) const = default;
};

// The complete blobs, ordered by digest, without names.  A store that does not exist holds nothing.  Errors: io.
Result<std::vector<StoredBlob>> list_blobs(const std::filesystem::path& store_root);

// Whether there is a store in that folder.  Errors: invalid when there is none; io.
Result<void> check_store(const std::filesystem::path& store_root);

// What went into quarantine since then and the store does not hold, ordered by digest, each once, without names; 0 is
// the size of one whose bytes were dropped.  Errors: io.
Result<std::vector<StoredBlob>> list_quarantined(const std::filesystem::path& store_root, WallTime since);

// Adds the names that the catalogue of the hub knows.  Errors: io, invalid.
Result<void> add_names(const std::filesystem::path& store_root, std::vector<StoredBlob>& blobs);

// A file of a repository that the store holds.
struct HeldFile {
  hub::NamedFile named;
  std::filesystem::path blob;  // where its bytes stand
};

// The files of `which` that are complete, ordered by path and revision; with `paths`, those alone.  Errors: io,
// invalid.
Result<std::vector<HeldFile>> held_files(const std::filesystem::path& store_root, const hub::Pin& which,
                                         const std::vector<std::string>& paths);

// Where the catalogue of the hub stands in the store's folder.
std::filesystem::path catalog_path(const std::filesystem::path& store_root);

}  // namespace weir::cli
