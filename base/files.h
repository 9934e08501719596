// SPDX-License-Identifier: Apache-2.0
// Whole small files: read, and write so that a crash leaves the old or the new one.  Blocking.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weir {

// The file's bytes; nothing when there is no such file.  Errors: io, and invalid for a file above `limit` bytes.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path, size_t limit = 64 << 20);

enum class Links { follow, refuse };

// The same of a file that has to be a regular one, without ever waiting for the other end of a pipe.  Errors: io, and
// invalid for a larger file, for anything else but a regular file, and for a link that is not to be followed.
Result<std::optional<std::string>> read_regular_file(const std::filesystem::path& path, Links links,
                                                     size_t limit = 64 << 20);

// Whether something else than a regular file has this name: a link, a pipe, a folder.
bool is_foreign(const std::filesystem::path& path);

// Gives whatever is at `path` the name `aside`, and removes whatever had that one.  Does nothing where nothing is.
Result<void> set_aside(const std::filesystem::path& path, const std::filesystem::path& aside);
// The same with `path`.set-aside.
Result<void> set_aside(const std::filesystem::path& path);

// Writes beside the target with O_EXCL and `mode` (whatever the umask), syncs, renames, and syncs the folder.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode);
// The same for a file that somebody else may own: where this process may give it to them, user, group and the former
// mode stay.
Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

// Whether the folder's file system takes no change at all (EROFS): a disk that is mounted read-only, or that the kernel
// made so after errors.
bool is_on_read_only_disk(const std::filesystem::path& folder);

// Makes the folder and its parents; those that it makes get `mode`.
Result<void> make_folder(const std::filesystem::path& path, mode_t mode);

// Waits until nobody else holds the folder's lock (flock(2)); held until the descriptor is closed.
Result<UniqueFd> lock_folder(const std::filesystem::path& path);

// fsync of a folder: makes names in it durable.
Result<void> sync_folder(const std::filesystem::path& path);

// Writes all of `bytes` to a descriptor, over short writes and EINTR.
Result<void> write_all(int fd, std::string_view bytes, std::string_view what);
// The same at an offset.
Result<void> pwrite_all(int fd, std::string_view bytes, off_t offset, std::string_view what);

}  // namespace weir
