// SPDX-License-Identifier: Apache-2.0
#include "cas/disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>

#include "base/files.h"

namespace weir::cas {
namespace {

constexpr size_t kReadBlock = 1 << 20;
constexpr size_t kCompareStep = 4 << 10;
constexpr mode_t kPrivateFile = 0600;
constexpr mode_t kPrivateFolder = 0700;

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileStamp stamp_from(const struct stat& status) {
  return {static_cast<uint64_t>(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
          status.st_ino};
}

// One byte at least; the file's end is an error.
Result<size_t> read_some(int fd, char* to, size_t length, uint64_t offset) {
  for (;;) {
    ssize_t got = ::pread(fd, to, length, static_cast<off_t>(offset));
    if (got > 0) return static_cast<size_t>(got);
    if (got == 0) return fail(ErrorCode::io, "reading a blob: the file is shorter than it was");
    if (errno != EINTR) return fail(errno_error("reading a blob"));
  }
}

std::string attribute_name(const std::string& name) {
  return "user.weir." + name;
}

// Adds where the two, which are of one length and belong at `offset`, differ.
void add_differences(std::vector<ByteRange>& ranges, uint64_t offset, std::string_view a, std::string_view b) {
  for (size_t at = 0; at < a.size(); at += kCompareStep) {
    auto left = a.substr(at, kCompareStep);
    auto right = b.substr(at, kCompareStep);
    if (left == right) continue;
    auto alike_before = std::mismatch(left.begin(), left.end(), right.begin()).first - left.begin();
    auto alike_behind = std::mismatch(left.rbegin(), left.rend(), right.rbegin()).first - left.rbegin();
    ByteRange range{offset + at + static_cast<size_t>(alike_before),
                    offset + at + left.size() - static_cast<size_t>(alike_behind)};
    if (!ranges.empty() && ranges.back().end == range.begin) {
      ranges.back().end = range.end;
    } else {
      ranges.push_back(range);
    }
  }
}

// The errors of open(2) that say what kind of thing is there: a link, a socket or pipe, a folder.
bool says_foreign(int error) {
  return error == ELOOP || error == ENXIO || error == EISDIR;
}

// A regular file with no second name.
bool is_plain(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_nlink == 1;
}

}  // namespace

Result<OpenedFile> open_existing(const std::filesystem::path& path, Access access) {
  int flags = access == Access::read ? O_RDONLY : O_RDWR;
  OpenedFile file;
  // O_NONBLOCK is for a pipe that somebody planted; it means nothing to a regular file.
  file.fd = UniqueFd(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.fd && (errno == ENOENT || errno == ENOTDIR)) return file;
  struct stat status = {};
  int error = errno;
  // The file may not be opened: its owner or mode is not what Weir gives its own.  Or its folder may not be searched.
  if (!file.fd && error == EACCES && ::lstat(path.c_str(), &status) == 0) {
    file.found = Found::foreign;
    if (is_plain(status)) file.stamp = stamp_from(status);
    return file;
  }
  if (!file.fd && !says_foreign(error)) return fail(errno_error("opening " + path.string(), error));
  if (file.fd && ::fstat(file.fd.get(), &status) != 0) return fail(errno_error("examining " + path.string()));
  if (!file.fd || !is_plain(status)) {
    file.fd.reset();
    file.found = Found::foreign;
    return file;
  }
  file.found = Found::plain;
  file.stamp = stamp_from(status);
  return file;
}

bool is_as_recorded(int fd, const FileStamp& stamp) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 && is_plain(status) && stamp_from(status) == stamp;
}

Result<UniqueFd> create_new(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kPrivateFile));
  if (!fd) return fail(errno_error("creating " + path.string()));
  return fd;
}

Result<std::string> read_up_to(int fd, size_t length, const std::filesystem::path& path) {
  std::string bytes(length, '\0');
  size_t filled = 0;
  while (filled < length) {
    ssize_t got = ::pread(fd, bytes.data() + filled, length - filled, static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_error("reading " + path.string()));
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Result<FileStamp> stamp_of(int fd, const std::filesystem::path& path) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return fail(errno_error("examining " + path.string()));
  return stamp_from(status);
}

Result<void> set_mode(int fd, mode_t mode, const std::filesystem::path& path) {
  if (::fchmod(fd, mode) != 0) return fail(errno_error("setting the mode of " + path.string()));
  return {};
}

Result<void> set_mtime(int fd, WallTime time, const std::filesystem::path& path) {
  auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  timespec times[2] = {{0, UTIME_OMIT}, {since / 1'000'000'000, since % 1'000'000'000}};
  if (::futimens(fd, times) != 0) return fail(errno_error("setting the time of " + path.string()));
  return {};
}

Result<void> sync_file(int fd, const std::filesystem::path& path) {
  if (::fsync(fd) != 0) return fail(errno_error("syncing " + path.string()));
  return {};
}

Result<void> cut_file(int fd, uint64_t size, const std::filesystem::path& path) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return fail(errno_error("cutting " + path.string()));
  return {};
}

Result<bool> move_unless_exists(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) return fail(errno_error("renaming " + from.string() + " to " + to.string()));
  // A file system without RENAME_NOREPLACE (NFS, some FUSE): the store's lock keeps everybody else out.
  struct stat status = {};
  if (::lstat(to.c_str(), &status) == 0) return false;
  TRY(move_over(from, to));
  return true;
}

Result<void> move_over(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return fail(errno_error("renaming " + from.string() + " to " + to.string()));
  return {};
}

Result<void> remove_name(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail(errno_error("removing " + path.string()));
  return {};
}

Result<std::vector<std::filesystem::path>> paths_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  // Not a range-for: that one throws where a folder cannot be read to its end.
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    paths.push_back(entry->path());
  if (error) return fail(errno_error("listing " + folder.string(), error.value()));
  return paths;
}

bool is_own_folder(const std::filesystem::path& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_plain_file(const std::filesystem::path& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Result<void> make_own_folder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), kPrivateFolder) == 0) return sync_folder(path.parent_path());
  if (errno != EEXIST) return fail(errno_error("creating the folder " + path.string()));
  if (is_own_folder(path)) return {};
  return fail(ErrorCode::io, path.string() + " is in the way: remove it, a folder belongs there");
}

std::string attribute_of(int fd, const std::string& name) {
  std::string text(kMaxAttribute, '\0');
  ssize_t length = ::fgetxattr(fd, attribute_name(name).c_str(), text.data(), text.size());
  text.resize(static_cast<size_t>(std::max<ssize_t>(length, 0)));
  return text;
}

bool set_attribute(int fd, const std::string& name, std::string_view text) {
  auto full_name = attribute_name(name);
  if (text.empty()) return ::fremovexattr(fd, full_name.c_str()) == 0;
  return text.size() <= kMaxAttribute && ::fsetxattr(fd, full_name.c_str(), text.data(), text.size(), 0) == 0;
}

bool share_bytes(int from, int to) {
  return ::ioctl(to, FICLONE, from) == 0;
}

Result<bool> is_name_of(const std::filesystem::path& path, int fd) {
  struct stat by_name = {};
  struct stat by_fd = {};
  if (::fstat(fd, &by_fd) != 0) return fail(errno_error("examining " + path.string()));
  if (::lstat(path.c_str(), &by_name) == 0) return by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return fail(errno_error("examining " + path.string()));
}

Result<bool> has_name(int fd, const std::filesystem::path& path) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0) return fail(errno_error("examining " + path.string()));
  return status.st_nlink > 0;
}

Result<void> hash_range(int fd, uint64_t begin, uint64_t end, Sha256Hasher& hasher, const ReadGate& gate) {
  std::string block(static_cast<size_t>(std::min<uint64_t>(kReadBlock, end - begin)), '\0');
  while (begin < end) {
    auto length = static_cast<size_t>(std::min<uint64_t>(block.size(), end - begin));
    if (gate && !gate(length)) return fail(ErrorCode::cancelled, "hashing was stopped");
    TRY_ASSIGN(auto got, read_some(fd, block.data(), length, begin));
    hasher.update({block.data(), got});
    begin += got;
  }
  return {};
}

Result<std::vector<ByteRange>> differences(int fd, uint64_t offset, std::string_view bytes) {
  std::vector<ByteRange> ranges;
  std::string block(std::min(kReadBlock, bytes.size()), '\0');
  while (!bytes.empty()) {
    TRY_ASSIGN(auto got, read_some(fd, block.data(), std::min(block.size(), bytes.size()), offset));
    add_differences(ranges, offset, {block.data(), got}, bytes.substr(0, got));
    bytes.remove_prefix(got);
    offset += got;
  }
  return ranges;
}

bool is_cached(int fd) {
  char byte = 0;
  iovec part{&byte, 1};
  ssize_t got = ::preadv2(fd, &part, 1, 0, RWF_NOWAIT);
  return got >= 0 || errno != EAGAIN;
}

void drop_from_cache(int fd, uint64_t end) {
  // A hint: what others read at the moment may stay.  A length of 0 would mean all of the file.
  if (end > 0) (void)::posix_fadvise(fd, 0, static_cast<off_t>(end), POSIX_FADV_DONTNEED);
}

}  // namespace weir::cas
