// SPDX-License-Identifier: Apache-2.0
// Judges the hub's answer to the request for a file: does it permit the file, and under which sha256 and size?  Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "http/head.h"
#include "http/target.h"

namespace weir::hub {

// Where the hub sent a client for a file's bytes, and what it said that they are.
struct FileRedirect {
  Sha256 digest;
  uint64_t size = 0;
  http::Url location;  // absolute, https, on port 443 of an intercepted host; a secret while its query is signed

  bool operator==(const FileRedirect&) const = default;
};

enum class ResolveVerdict {
  file,            // Weir answers itself
  too_large,       // a file above kMaxPlainSize: relay; what its location stands for is known all the same
  elsewhere,       // the bytes are on a host that is not intercepted, or not over https: relay and count
  renamed,         // a redirect to another /resolve, which the client is going to ask: relay
  no_digest,       // a redirect that names no sha256 (a regular file): relay
  no_size,         // a sha256 but no size that can be read: relay
  malformed,       // a Location that is none, or fields that contradict each other: relay
  not_a_redirect,  // refused, missing, or a body of the hub's own: relay
};

std::string_view name_of(ResolveVerdict verdict);

struct ResolveAnswer {
  ResolveVerdict verdict = ResolveVerdict::not_a_redirect;
  std::optional<FileRedirect> file;  // for file and too_large

  bool operator==(const ResolveAnswer&) const = default;
};

// `asked` is the URL that was asked of the hub: a relative Location refers to it.  `is_intercepted` is asked about the
// Location's host (lower case).
ResolveAnswer judge_resolve_answer(const http::ResponseHead& answer, const http::Url& asked,
                                   const std::function<bool(std::string_view host)>& is_intercepted);

// The sha256 in an X-Linked-ETag: 64 hex digits, read without quotes and W/.
std::optional<Sha256> digest_in_etag(std::string_view etag);

}  // namespace weir::hub
