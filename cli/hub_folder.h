// SPDX-License-Identifier: Apache-2.0
// The folder in which huggingface_hub keeps what it downloaded: models--org--name/blobs/HASH with the bytes,
// snapshots/COMMIT/PATH leading there, refs/REVISION with a commit.  Reads only.  Blocking.  What stands there is
// believed to be nothing but a file with a name: whoever takes its bytes checks them against what the name promises.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "config/locations.h"
#include "hub/catalog_database.h"
#include "hub/repo_name.h"

namespace weir::cli {

struct FolderFile {
  hub::RepoFile name;           // its revision is a commit
  std::filesystem::path bytes;  // a plain file of the folder
  uint64_t size = 0;
  // What the file's name promises: an LFS file's sha256, a regular file's git blob id.  Neither where the folder has
  // the file itself in place of a link.
  std::optional<Sha256> digest = std::nullopt;
  std::optional<Sha1> git_id = std::nullopt;
};

struct HubFolder {
  std::vector<FolderFile> files;  // those of the same bytes stand together
  std::vector<hub::NamedRevision> revisions;
  uint64_t skipped = 0;  // what is unfinished, unnamed, leads out of the folder or is of another kind
};

// Where the hub's own tools keep it: HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HOME.  Pure.
std::filesystem::path default_hub_folder(const config::Environment& environment);

// "models--org--name" is the model org/name; nothing for other names.  Pure.
std::optional<hub::RepoName> repo_of_folder(std::string_view name);

// Errors: invalid for a folder without any repository; io.
Result<HubFolder> read_hub_folder(const std::filesystem::path& folder);

}  // namespace weir::cli
