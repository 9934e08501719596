// SPDX-License-Identifier: Apache-2.0
// What a request to an intercepted host is about.  Pure.  A route says how Weir handles a request, never what a client
// may have: that is the hub's answer to the request itself.  Whatever is not plainly one of the known shapes is `other`
// and passes through untouched, odd spellings (dot segments, encoded NULs or slashes where none belong) included.
#pragma once

#include <string_view>

#include "hub/host_roles.h"
#include "hub/repo_file.h"

namespace weir::hub {

enum class RouteKind {
  resolve,        // GET, HEAD {repo}/resolve/{revision}/{path}: file is set
  resolve_cache,  // GET, HEAD /api/resolve-cache/{type}/{repo}/{commit}/{path}, a regular file: file is set
  listing,        // what the read API says of a repository (info, revision, tree, paths-info, commits, refs): JSON that
                  // may carry xetHash; file.type and file.repo are set, and the revision that it is about, if any
  lfs_batch,      // POST {repo}.git/info/lfs/objects/batch: file.type and file.repo are set
  cdn_object,     // GET, HEAD on a cdn
  xet_download,   // GET of a reconstruction: a client that reads by Xet and passes by the store
  git,            // git's own protocol: the hub may take its time
  upload,         // any other request that changes something: the hub may take its time
  other,
};

std::string_view name_of(RouteKind kind);

struct Route {
  RouteKind kind = RouteKind::other;
  RepoFile file;  // the parts that the kind names; empty otherwise

  bool operator==(const Route&) const = default;
};

// `target` is in origin-form ("/path?query", RFC 9112, section 3.2.1).
Route classify(Role role, std::string_view method, std::string_view target);

}  // namespace weir::hub
