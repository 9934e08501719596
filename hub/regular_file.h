// SPDX-License-Identifier: Apache-2.0
// Regular files are those that git holds itself (README.md, config.json).  The hub names them by their git blob id,
// which is verified before they are stored under the sha256 of their bytes; the head of the hub's answer is kept with
// them.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "http/fields.h"
#include "hub/repo_file.h"
#include "hub/signed_url.h"

namespace weir::hub {

struct RegularFile {
  Sha256 digest;
  uint64_t size = 0;
  Sha1 git_id;          // what the hub's ETag says
  http::Fields fields;  // kept_fields() of the hub's answer; empty when the hub was not asked yet

  bool operator==(const RegularFile&) const = default;
};

// What was imported stands under the name that its owner gave it: whether it is that file is the hub's to say, once.
bool was_confirmed(const RegularFile& file);

// The git blob id in an ETag of 40 hex digits, read without quotes and W/.
std::optional<Sha1> git_id_in_etag(std::string_view etag);

// A hasher that has read what git puts before a blob's bytes: feed it the file's `size` bytes and it ends as the git
// blob id.
Sha1Hasher git_blob_hasher(uint64_t size);

// The ETag to send, also as If-None-Match.
std::string git_etag(const Sha1& git_id);

// The name of a regular file, whichever way a request spells its path.  `file.revision` is a commit.
ObjectName regular_file_name(std::string_view host, const RepoFile& file);

// What of the hub's 200 may be kept on disk and shown to another permitted client: what describes the file, and nothing
// that belongs to one exchange, one client or one body (cookies, request ids, rate limits, lengths).  Xet signs are not
// among it.
http::Fields kept_fields(const http::Fields& ok);

// The fields of Weir's own answer when the hub has said 304 to this client: what was kept, updated by the 304 (RFC
// 9111, section 3.2).  The caller adds Content-Length.
http::Fields regular_file_fields(const RegularFile& file, const http::Fields& not_modified);

}  // namespace weir::hub
