// SPDX-License-Identifier: Apache-2.0
// The hub's list of a repository's files, read with suspicion: it comes from outside, and its paths become names of
// files.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "http/fields.h"
#include "http/target.h"
#include "hub/repo_file.h"

namespace weir::cli {

struct TreeFile {
  std::string path;
  uint64_t size = 0;
  std::optional<Sha256> sha256;  // of an LFS file
  std::optional<Sha1> git_id;    // of a regular file

  bool operator==(const TreeFile&) const = default;
};

// The path of a listed file may stand below any folder: relative, without empty, "." and ".." parts and without control
// characters, 4095 bytes at most and 255 in a part.
bool is_safe_path(std::string_view path);

// "/api/models/org/name/revision/main"
std::string revision_target(hub::RepoType type, std::string_view repo, std::string_view revision);
// "/api/models/org/name/tree/COMMIT?recursive=True&expand=False": huggingface_hub's own spelling, so that its question
// is answered by what is remembered of this one.
std::string tree_target(hub::RepoType type, std::string_view repo, std::string_view commit);
// "/datasets/org/name/resolve/REVISION/PATH"
std::string file_target(hub::RepoType type, std::string_view repo, std::string_view revision, std::string_view path);

// The commit in the answer to revision_target().  Errors: origin.
Result<std::string> parse_commit(std::string_view json);

// Puts the pages of one list together.
class TreePages {
 public:
  // A page, its fields and its JSON.  Errors: origin for what is no such page, for an unsafe path, and for pages that
  // repeat themselves.
  Result<void> add(const http::Url& url, const http::Fields& fields, std::string_view json);
  // The page that follows the last one, if any.
  const std::optional<http::Url>& next() const { return next_; }
  std::vector<TreeFile> take_files() { return std::move(files_); }

 private:
  Result<void> find_next(const http::Url& url, const http::Fields& fields);

  std::vector<TreeFile> files_;
  std::set<std::string> paths_;
  std::set<std::string> pages_;  // their URLs
  std::optional<http::Url> next_;
};

}  // namespace weir::cli
