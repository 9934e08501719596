// SPDX-License-Identifier: Apache-2.0
// The file of those who may use the proxy: "NAME:HASH" a line (PasswordHash), its owner's alone to read.  Blocking.
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

// Errors: invalid with "FILE:LINE: what was expected", and when there is no such file; refused when others than its
// owner may read or write it; io.
Result<std::vector<User>> read_users(const std::filesystem::path& path);

// Replaces the file, atomically; who owns it stays its owner.  Errors: io.
Result<void> write_users(const std::filesystem::path& path, const std::vector<User>& users);

// Reads the file (none has no users), has them changed, and replaces it, while nobody else does.  Errors: those of
// read_users and of `change`, which leave it as it is; io.
Result<void> change_users(const std::filesystem::path& path,
                          const std::function<Result<void>(std::vector<User>& users)>& change);

}  // namespace weir::proxy
