// SPDX-License-Identifier: Apache-2.0
// Where a source has a blob: its URL, made of what is known of the blob.  Pure.
#pragma once

#include <optional>
#include <string>

#include "base/digest.h"
#include "http/target.h"
#include "hub/repo_file.h"
#include "upstream/fetch_join.h"
#include "upstream/options.h"

namespace weir::upstream {

// The names of a blob, as far as they are known.
struct BlobNames {
  Sha256 digest;
  std::string cdn_path;  // where the hub's CDN has it, without a query: "/repos/aa/bb/HASH/SHA256"; "": unknown
  std::optional<hub::RepoFile> file;  // at a revision or commit of the hub

  bool operator==(const BlobNames&) const = default;
};

// What a client's request for the blob tells: the place that the hub named for its bytes, where its path ends with the
// digest, and the file that the hub permitted.
BlobNames names_of(const JoinRequest& request);

// Nothing when the source cannot name the blob: a mirror without the file's name, a template without what it is made
// of, and the origin, which the hub itself says the URL of.  The URL may hold an access grant.
std::optional<http::Url> source_url(const SourceOptions& source, const BlobNames& blob);

}  // namespace weir::upstream
