// SPDX-License-Identifier: Apache-2.0
// The hub's names for a file: repository, revision and path, as values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::hub {

enum class RepoType { model, dataset, space, kernel };

// The word of the type in the hub's API paths: "models", "datasets", "spaces", "kernels".
std::string_view plural_of(RepoType type);
std::optional<RepoType> repo_type_of(std::string_view plural);

// Whether a revision is a commit's full name, 40 hex digits: what it stands for never changes.
bool is_commit(std::string_view revision);

// All parts are decoded and hold no control characters, no empty and no dot segments.
struct RepoFile {
  RepoType type = RepoType::model;
  std::string repo;      // "org/name", or one segment ("gpt2")
  std::string revision;  // as asked: "main", "refs/pr/1", a commit
  std::string path;

  bool operator==(const RepoFile&) const = default;

  // One spelling for each file at a revision: its parts, each on a line of its own.
  std::string key() const;
};

// Where the hub's file servers have it: "/datasets/org/name/resolve/main/a/b.bin", percent-encoded.
std::string resolve_path(const RepoFile& file);

}  // namespace weir::hub
