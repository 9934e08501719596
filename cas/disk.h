// SPDX-License-Identifier: Apache-2.0
// Every system call of the store that makes, opens, moves or removes a file: the seam between the store and its file
// system. Blocking; safe from any thread.  No function follows a symbolic link in the last part of a path.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_range.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace weir::cas {

// What tells whether a file was changed: recorded at publication, compared at every open.
struct FileStamp {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t inode = 0;

  bool operator==(const FileStamp&) const = default;
};

// Whether nobody has written between the two, as far as size and mtime tell.
inline bool same_bytes(const FileStamp& a, const FileStamp& b) {
  return a.size == b.size && a.mtime_ns == b.mtime_ns && a.inode == b.inode;
}

enum class Found {
  absent,
  plain,    // a regular file with no second name
  foreign,  // a symbolic link, a file with a second name, a folder, a pipe, one that may not be opened: not of Weir's
            // making
};

struct OpenedFile {
  Found found = Found::absent;
  UniqueFd fd;      // of a plain file
  FileStamp stamp;  // of a plain file, also of one that may not be opened and so is foreign
};

enum class Access { read, read_write };

// Opens what is there, if anything.  Never blocks on a pipe.  Errors: io.
Result<OpenedFile> open_existing(const std::filesystem::path& path, Access access);

// Whether an open file is a plain one still, under its only name, and was not changed.
bool is_as_recorded(int fd, const FileStamp& stamp);

// Makes a file that must not exist, mode 0600, for reading and writing.
Result<UniqueFd> create_new(const std::filesystem::path& path);

// The first `length` bytes of a file, or all that it has.
Result<std::string> read_up_to(int fd, size_t length, const std::filesystem::path& path);

Result<FileStamp> stamp_of(int fd, const std::filesystem::path& path);
Result<void> set_mode(int fd, mode_t mode, const std::filesystem::path& path);
Result<void> set_mtime(int fd, WallTime time, const std::filesystem::path& path);
Result<void> sync_file(int fd, const std::filesystem::path& path);
Result<void> cut_file(int fd, uint64_t size, const std::filesystem::path& path);

inline constexpr size_t kMaxAttribute = 1024;

// A short text that goes with a file whatever its name is: an extended attribute (xattr(7)), `user.weir.NAME`.  Not
// every file system keeps any, so nothing may depend on it. Empty where there is none, or one longer than
// kMaxAttribute.
std::string attribute_of(int fd, const std::string& name);
// False when it could not be set; an empty text removes it.
bool set_attribute(int fd, const std::string& name, std::string_view text);

// Makes an empty file share all bytes of another one (a reflink); false where that cannot be done, and nothing is
// changed.
bool share_bytes(int from, int to);

// Renames; false when there is something at `to`, which is left alone.
Result<bool> move_unless_exists(const std::filesystem::path& from, const std::filesystem::path& to);
// Renames over what is at `to`.
Result<void> move_over(const std::filesystem::path& from, const std::filesystem::path& to);
// Removes a name; absence is no error.
Result<void> remove_name(const std::filesystem::path& path);

// Makes a folder (0700) and makes its name durable.  Errors: io when something else, be it a link to a folder, is in
// the way.
Result<void> make_own_folder(const std::filesystem::path& path);
bool is_own_folder(const std::filesystem::path& path);
// All that stands in a folder, in no order.  Errors: io.
Result<std::vector<std::filesystem::path>> paths_in(const std::filesystem::path& folder);
bool is_plain_file(const std::filesystem::path& path);

// Whether `path` is a name of this very file.
Result<bool> is_name_of(const std::filesystem::path& path, int fd);
// Whether the file has any name left.
Result<bool> has_name(int fd, const std::filesystem::path& path);

// Asked before each block of so many bytes is read; it may wait.  False ends the reading.
using ReadGate = std::function<bool(size_t bytes)>;

// Feeds the bytes [begin, end) to the hasher.  Errors: io (also when the file ends before), cancelled by the gate.
Result<void> hash_range(int fd, uint64_t begin, uint64_t end, Sha256Hasher& hasher, const ReadGate& gate = {});

// Where the file differs from `bytes`, which belong at `offset`, ascending.  Each range begins and ends with bytes that
// differ; a few KiB that agree may stand between.  Errors: io (also when the file ends before).
Result<std::vector<ByteRange>> differences(int fd, uint64_t offset, std::string_view bytes);

// Whether the page cache holds the file's beginning, so that readers use it just now; true where that is unknown.
bool is_cached(int fd);
// Lets go of what the page cache holds of the bytes before `end`: the next read comes from the disk.
void drop_from_cache(int fd, uint64_t end);

}  // namespace weir::cas
