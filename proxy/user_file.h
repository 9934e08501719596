// SPDX-License-Identifier: Apache-2.0
// The file of those who may use the proxy: "NAME:HASH" a line (PasswordHash).  It is its owner's alone to
// write and to read; of root's file its group may read, too.  Blocking.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proxy/password_hash.h"

namespace weir::proxy {

struct User {
  std::string name;
  PasswordHash hash;

  bool operator==(const User&) const = default;
};

// 1 to 64 letters, digits and . _ @ + -: what needs no care in a URL, a log or the file.
bool is_user_name(std::string_view name);

// Errors: invalid with "FILE:LINE: what was expected", and when there is no such file; refused for one that is
// neither the reader's nor root's, or that others may read or write; io.
Result<std::vector<User>> read_users(const std::filesystem::path& path);

// Replaces the file, atomically; owner, group and mode stay.  Errors: io.
Result<void> write_users(const std::filesystem::path& path, const std::vector<User>& users);

// Reads the file (none has no users), has them changed, and replaces it, while nobody else does.  Errors: those of
// read_users and of `change`, which leave it as it is; io.
Result<void> change_users(const std::filesystem::path& path,
                          const std::function<Result<void>(std::vector<User>& users)>& change);

}  // namespace weir::proxy
