// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/digest.h"
#include "base/random.h"

namespace weir {
namespace {

// Calls `write_some(rest)` until all bytes are out.
template <typename WriteSome>
Result<void> write_over_short_writes(std::string_view bytes, std::string_view what, WriteSome write_some) {
  while (!bytes.empty()) {
    ssize_t put = write_some(bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(errno_error(what));
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

Result<std::string> read_to_end(int fd, const std::filesystem::path& path, size_t limit) {
  std::string bytes;
  char buffer[16384];
  for (;;) {
    ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_error("reading " + path.string()));
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<size_t>(got) > limit)
      return fail(ErrorCode::invalid, path.string() + " is too large");
    bytes.append(buffer, static_cast<size_t>(got));
  }
}

struct Owner {
  uid_t user;
  gid_t group;
  mode_t mode;  // what they and others may do
};

std::optional<Owner> owner_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Owner{status.st_uid, status.st_gid, status.st_mode & 0777};
}

Result<void> write_new_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode,
                            const std::optional<Owner>& owner) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(errno_error("creating " + path.string()));
  // Who may not give it away leaves it to himself; the former mode was for the former group.
  if (owner && ::fchown(fd.get(), owner->user, owner->group) == 0) mode = owner->mode;
  if (::fchmod(fd.get(), mode) != 0) return fail(errno_error("setting the mode of " + path.string()));
  TRY(write_all(fd.get(), bytes, "writing " + path.string()));
  if (::fsync(fd.get()) != 0) return fail(errno_error("syncing " + path.string()));
  return {};
}

Result<void> write_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode,
                              const std::optional<Owner>& owner) {
  auto temporary = path;
  temporary += ".new-" + to_hex(random_bytes(8));
  auto written = write_new_file(temporary, bytes, mode, owner);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = fail(errno_error("renaming " + temporary.string() + " to " + path.string()));
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_folder(path.parent_path());
}

Result<UniqueFd> open_folder(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(errno_error("opening the folder " + path.string()));
  return fd;
}

}  // namespace

Result<void> write_all(int fd, std::string_view bytes, std::string_view what) {
  return write_over_short_writes(bytes, what,
                                 [fd](std::string_view rest) { return ::write(fd, rest.data(), rest.size()); });
}

Result<void> pwrite_all(int fd, std::string_view bytes, off_t offset, std::string_view what) {
  return write_over_short_writes(bytes, what, [fd, &offset](std::string_view rest) {
    ssize_t put = ::pwrite(fd, rest.data(), rest.size(), offset);
    if (put > 0) offset += put;
    return put;
  });
}

Result<std::optional<std::string>> read_file(const std::filesystem::path& path, size_t limit) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) return fail(errno_error("opening " + path.string()));
  TRY_ASSIGN(auto bytes, read_to_end(fd.get(), path, limit));
  return bytes;
}

Result<std::optional<std::string>> read_regular_file(const std::filesystem::path& path, Links links, size_t limit) {
  // O_NONBLOCK means nothing to a regular file.
  int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links == Links::refuse ? O_NOFOLLOW : 0);
  UniqueFd fd(::open(path.c_str(), flags));
  if (!fd && errno == ENOENT) return std::nullopt;
  // What open(2) says of a link and of a socket.
  bool foreign = !fd && (errno == ELOOP || errno == ENXIO);
  if (!fd && !foreign) return fail(errno_error("opening " + path.string()));
  struct stat status {};
  if (fd && ::fstat(fd.get(), &status) != 0) return fail(errno_error("examining " + path.string()));
  if (foreign || !S_ISREG(status.st_mode)) return fail(ErrorCode::invalid, path.string() + " is no regular file");
  TRY_ASSIGN(auto bytes, read_to_end(fd.get(), path, limit));
  return bytes;
}

bool is_foreign(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

Result<void> set_aside(const std::filesystem::path& path, const std::filesystem::path& aside) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  // No folder is renamed over a file, nor a file over a folder.
  std::error_code error;
  std::filesystem::remove_all(aside, error);
  if (::rename(path.c_str(), aside.c_str()) != 0) return fail(errno_error("cannot set aside " + path.string()));
  return {};
}

Result<void> set_aside(const std::filesystem::path& path) {
  return set_aside(path, path.string() + ".set-aside");
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  return write_atomically(path, bytes, mode, std::nullopt);
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  return write_atomically(path, bytes, mode, owner_of(path));
}

bool is_on_read_only_disk(const std::filesystem::path& folder) {
  const char* path = folder.empty() ? "." : folder.c_str();
  if (::access(path, W_OK) != 0) return errno == EROFS;
  // ext4 in an emergency still says yes, and refuses each change.
  return !UniqueFd(::open(path, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600)) && errno == EROFS;
}

Result<void> make_folder(const std::filesystem::path& path, mode_t mode) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  if (path.has_parent_path() && path.parent_path() != path) TRY(make_folder(path.parent_path(), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return fail(errno_error("creating the folder " + path.string()));
  if (!std::filesystem::is_directory(path, error))
    return fail(ErrorCode::io, path.string() + " is in the way: it is not a folder");
  return {};
}

Result<UniqueFd> lock_folder(const std::filesystem::path& path) {
  TRY_ASSIGN(auto fd, open_folder(path));
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail(errno_error("locking the folder " + path.string()));
  return fd;
}

Result<void> sync_folder(const std::filesystem::path& path) {
  TRY_ASSIGN(auto fd, open_folder(path));
  if (::fsync(fd.get()) != 0) return fail(errno_error("syncing the folder " + path.string()));
  return {};
}

}  // namespace weir
