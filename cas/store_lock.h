// SPDX-License-Identifier: Apache-2.0
// The lock that makes one process the owner of a store, and the note in it that tells others who that is.  The lock is
// the kernel's (an open file description lock), so it ends with its process, whatever the file says.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::cas {

struct LockNote {
  pid_t pid = 0;        // 0 while the owner has not written it yet
  std::string address;  // HOST:PORT that the owner listens on; empty before it does

  bool operator==(const LockNote&) const = default;
};

// The note's text: "pid N" and "address HOST:PORT", a line each.  What does not fit is left out.
LockNote parse_lock_note(std::string_view text);

class StoreLock {
 public:
  // Errors: busy, naming the owner.
  static Result<StoreLock> take(const std::filesystem::path& path);
  // The owner's note; nothing when nobody holds the lock.  Takes nothing itself, not for a moment.
  static Result<std::optional<LockNote>> read_note(const std::filesystem::path& path);

  // One call at a time.  Errors: invalid for an address with a control character.
  Result<void> set_address(std::string_view address);

 private:
  explicit StoreLock(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<void> write_note(std::string_view address);

  UniqueFd fd_;
};

}  // namespace weir::cas
