// SPDX-License-Identifier: Apache-2.0
// The lock that makes one process the owner of a store, and the note in it that tells others who that is.  The lock is
// the kernel's (an open file description lock), so it ends with its process, whatever the file says.
//
// On a file system that takes no change nothing can be opened for writing, which an exclusive lock needs: there the
// owner has a shared one, which keeps out who could write, and flock(2), which keeps out the others.  The note stays
// that of a former owner.
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
  pid_t pid = 0;        // 0 while the owner has not written it yet, or cannot
  std::string address;  // HOST:PORT that the owner listens on; empty before it does

  bool operator==(const LockNote&) const = default;
};

// The note's text: "pid N" and "address HOST:PORT", a line each.  What does not fit is left out.
LockNote parse_lock_note(std::string_view text);

class StoreLock {
 public:
  // Errors: busy, naming the owner; read_only where there is no lock yet and none can be made.
  static Result<StoreLock> take(const std::filesystem::path& path);
  // The owner's note, an empty one of an owner that cannot write; nothing when nobody holds the lock.  Takes nothing
  // itself, not for a moment.
  static Result<std::optional<LockNote>> read_note(const std::filesystem::path& path);

  // Whether the owner may write.
  bool is_exclusive() const { return mode_ == Mode::exclusive; }
  // Once the file system takes changes: makes a shared lock exclusive, with nobody else in between, and writes the
  // note. Errors: read_only while it takes none.
  Result<void> make_exclusive();

  // Where the note cannot be written, it is when the lock is made exclusive.  One call of these two at a time.  Errors:
  // invalid for an address with a control character.
  Result<void> set_address(std::string_view address);

 private:
  enum class Mode { exclusive, shared };
  StoreLock(UniqueFd fd, std::filesystem::path path, Mode mode)
      : fd_(std::move(fd)), path_(std::move(path)), mode_(mode) {}
  static Result<StoreLock> take_shared(const std::filesystem::path& path);
  Result<void> write_note();

  UniqueFd fd_;
  std::filesystem::path path_;
  Mode mode_;
  std::string address_;
};

}  // namespace weir::cas
