// SPDX-License-Identifier: Apache-2.0
// What is remembered of the hub's answers, as values.  None of it is a permission: that is the AccessLedger's.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/digest.h"
#include "http/fields.h"
#include "hub/asker.h"
#include "hub/repo_name.h"

namespace weir::hub {

// A file of a commit.  What the hub says of it never changes.
struct CommitFile {
  RepoName repo;
  std::string commit;  // 40 hex digits
  std::string path;

  bool operator==(const CommitFile&) const = default;
};

// The hub's answer to the resolve of a file.
struct FileHead {
  enum class Kind : uint8_t {
    lfs,      // digest and size are set, and the fields are those of Weir's own answer
    regular,  // a redirect, relative, to where the file itself is
    absent,   // the commit has no such file
  };
  Kind kind = Kind::lfs;
  int status = 200;
  Sha256 digest;
  uint64_t size = 0;
  http::Fields fields;
  std::string body;  // of an error

  bool operator==(const FileHead&) const = default;
};

// What a branch, a tag or a short name of a commit was.
struct Revision {
  std::string commit;
  WallTime asked;

  bool operator==(const Revision&) const = default;
};

// A request of the hub's read API: what its answer depends on, and whom it was given to.
struct AnswerName {
  Asker audience;
  std::string method;  // GET or POST
  std::string host;
  std::string target;   // origin-form
  std::string variant;  // of the request's fields, those that the answer varies by
  Sha256 body;          // of the request's Content-Type and body; zeros without one

  bool operator==(const AnswerName&) const = default;
};

// A complete answer with status 200, or a redirect from a repository's former name (is_moved()).
struct Answer {
  RepoName repo;  // whose yes it takes to be given this
  http::Fields fields;
  std::string body;
  WallTime asked;  // when the hub said so last

  bool operator==(const Answer&) const = default;
};

}  // namespace weir::hub
