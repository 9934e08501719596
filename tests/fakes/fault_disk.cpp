// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/fault_disk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace weir::fakes {
namespace {

// What a call does, as far as faults are concerned.
enum class Kind { open, open_to_write, may_write, create, read, write, resize, sync, name, remove, attribute };

struct FakeStamp {
  DiskStamp shown;
  int64_t true_ctime_ns = 0;
};

struct State {
  std::atomic<bool> watching = false;
  std::recursive_mutex mutex;  // over all below, and over a call with its record
  std::string folder;
  uint64_t countdown = 0;  // 0: no fault is to come
  Fault fault = Fault::io_error;
  Lasting lasting = Lasting::once;
  bool came = false;
  std::string struck;
  std::function<void()> after_sync;
  std::optional<DiskJournal> journal;
  std::map<std::pair<dev_t, ino_t>, FakeStamp> stamps;
};

// Never destroyed: files are closed behind the end of main().
State& state() {
  static State& it = *new State;
  return it;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::string path_of(int fd) {
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = ::readlink(link, path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

std::string path_at(int folder, const char* path) {
  if (path[0] == '/') return path;
  return (folder == AT_FDCWD ? std::filesystem::current_path().string() : path_of(folder)) + "/" + path;
}

// The path within the watched folder; nothing for all other files.
std::optional<std::string> watched(const std::string& path) {
  auto& folder = state().folder;
  if (path == folder) return "";
  if (!path.starts_with(folder) || path[folder.size()] != '/') return std::nullopt;
  return path.substr(folder.size() + 1);
}

bool can_meet(Fault fault, Kind kind, size_t bytes) {
  bool grows =
      kind == Kind::create || kind == Kind::write || kind == Kind::resize || kind == Kind::sync || kind == Kind::name;
  switch (fault) {
    case Fault::no_space:
      return grows;
    case Fault::io_error:
      return kind != Kind::may_write;
    case Fault::read_only:
      return (grows && kind != Kind::sync) || kind == Kind::remove || kind == Kind::attribute ||
             kind == Kind::open_to_write || kind == Kind::may_write;
    case Fault::no_descriptor:
      return kind == Kind::open || kind == Kind::open_to_write || kind == Kind::create;
    case Fault::short_count:
      return (kind == Kind::read || kind == Kind::write) && bytes > 1;
    case Fault::interrupted:
      return kind == Kind::read || kind == Kind::write;
  }
  return false;
}

int errno_of(Fault fault) {
  switch (fault) {
    case Fault::no_space:
      return ENOSPC;
    case Fault::read_only:
      return EROFS;
    case Fault::no_descriptor:
      return EMFILE;
    case Fault::interrupted:
      return EINTR;
    case Fault::io_error:
    case Fault::short_count:
      break;
  }
  return EIO;
}

// Whether the fault comes to this call.
bool strikes(Kind kind, const char* call, const std::string& path, size_t bytes = 0) {
  auto& it = state();
  if (it.countdown == 0 || !can_meet(it.fault, kind, bytes)) return false;
  if (it.countdown > 1) {
    --it.countdown;
    return false;
  }
  if (!it.came) it.struck = std::string(call) + " " + path;
  it.came = true;
  if (it.lasting == Lasting::once) it.countdown = 0;
  return true;
}

template <typename Value>
Value failure() {
  errno = errno_of(state().fault);
  return static_cast<Value>(-1);
}

void record_stamp(DiskJournal::FileId file, const struct stat& status) {
  DiskStamp stamp{status.st_ino, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
  state().journal->stamped(file, stamp, status.st_mode & 07777);
}

// Records what a call did to an open file.
template <typename Record>
void record_file(int fd, const std::string& path, Record record) {
  auto& journal = state().journal;
  auto file = journal ? journal->find(path) : std::nullopt;
  if (!file) return;  // it has no name any more
  record(*journal, *file);
  struct stat status = {};
  if (::fstat(fd, &status) == 0) record_stamp(*file, status);
}

template <typename Record>
void record_name(const std::string& path, Record record) {
  auto& journal = state().journal;
  if (!journal) return;
  record(*journal);
  struct stat status = {};
  auto file = journal->find(path);
  if (file && ::lstat((state().folder + "/" + path).c_str(), &status) == 0) record_stamp(*file, status);
}

// --- the calls, once they are known to concern the watched folder

template <typename Call>
int watched_open(int folder, const char* path, int flags, Call call) {
  std::lock_guard lock(state().mutex);
  auto name = watched(path_at(folder, path));
  if (!name) return call();
  bool is_new = (flags & O_CREAT) && ::access(path, F_OK) != 0;
  auto kind = (flags & O_ACCMODE) == O_RDONLY ? Kind::open : Kind::open_to_write;
  if (strikes(is_new ? Kind::create : kind, "open", *name)) return failure<int>();
  int fd = call();
  if (fd >= 0 && is_new) record_name(*name, [&](DiskJournal& journal) { journal.created(*name); });
  if (fd >= 0 && (flags & O_TRUNC)) {
    record_file(fd, *name, [&](DiskJournal& journal, auto file) { journal.resized(file, 0); });
  }
  return fd;
}

template <typename Call>
int watched_access(const char* path, int mode, Call call) {
  if (!state().watching || !(mode & W_OK)) return call();
  std::lock_guard lock(state().mutex);
  auto name = watched(path);
  if (name && strikes(Kind::may_write, "access", *name)) return failure<int>();
  return call();
}

// `call(count)` reads so many bytes.
template <typename Call>
ssize_t watched_read(int fd, size_t count, Call call) {
  if (!state().watching) return call(count);
  std::lock_guard lock(state().mutex);
  auto name = watched(path_of(fd));
  if (!name || !strikes(Kind::read, "read", *name, count)) return call(count);
  return state().fault == Fault::short_count ? call(count / 2) : failure<ssize_t>();
}

template <typename Call>
ssize_t watched_write(int fd, const void* bytes, size_t count, off_t offset, Call call) {
  if (!state().watching) return call(count);
  std::lock_guard lock(state().mutex);
  auto name = watched(path_of(fd));
  if (!name) return call(count);
  if (strikes(Kind::write, "write", *name, count)) {
    if (state().fault != Fault::short_count) return failure<ssize_t>();
    count /= 2;
  }
  ssize_t put = call(count);
  if (put > 0) {
    record_file(fd, *name, [&](DiskJournal& journal, auto file) {
      journal.written(file, static_cast<uint64_t>(offset),
                      std::string(static_cast<const char*>(bytes), static_cast<size_t>(put)));
    });
  }
  return put;
}

template <typename Call>
int watched_sync(int fd, Call call) {
  if (!state().watching) return call();
  std::lock_guard lock(state().mutex);
  auto name = watched(path_of(fd));
  if (!name) return 0;
  if (strikes(Kind::sync, "sync", *name)) return failure<int>();
  struct stat status = {};
  bool folder = ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  if (folder && state().journal) state().journal->folder_synced(*name);
  if (!folder) record_file(fd, *name, [](DiskJournal& journal, auto file) { journal.synced(file); });
  if (auto deed = folder ? nullptr : std::exchange(state().after_sync, nullptr)) deed();
  return 0;
}

template <typename Call>
int watched_resize(int fd, off_t length, Call call) {
  if (!state().watching) return call();
  std::lock_guard lock(state().mutex);
  auto name = watched(path_of(fd));
  if (!name) return call();
  if (strikes(Kind::resize, "resize", *name)) return failure<int>();
  int done = call();
  if (done == 0) {
    record_file(fd, *name,
                [&](DiskJournal& journal, auto file) { journal.resized(file, static_cast<uint64_t>(length)); });
  }
  return done;
}

template <typename Call>
int watched_rename(const std::string& from, const std::string& to, Call call) {
  if (!state().watching) return call();
  std::lock_guard lock(state().mutex);
  auto old_name = watched(from);
  auto new_name = watched(to);
  if (!old_name || !new_name) return call();
  if (strikes(Kind::name, "rename", *old_name)) return failure<int>();
  int done = call();
  if (done == 0) record_name(*new_name, [&](DiskJournal& journal) { journal.renamed(*old_name, *new_name); });
  return done;
}

template <typename Call>
int watched_remove(const std::string& path, Call call) {
  if (!state().watching) return call();
  std::lock_guard lock(state().mutex);
  auto name = watched(path);
  if (!name) return call();
  if (strikes(Kind::remove, "remove", *name)) return failure<int>();
  int done = call();
  if (done == 0 && state().journal) state().journal->removed(*name);
  return done;
}

template <typename Call>
int watched_attribute(int fd, Call call) {
  if (!state().watching) return call();
  std::lock_guard lock(state().mutex);
  auto name = watched(path_of(fd));
  if (!name) return call();
  if (strikes(Kind::attribute, "change", *name)) return failure<int>();
  int done = call();
  auto file = done == 0 && state().journal ? state().journal->find(*name) : std::nullopt;
  struct stat status = {};
  if (file && ::fstat(fd, &status) == 0) record_stamp(*file, status);
  return done;
}

// Shows the stamp of the file that a reproduced one stands for.
int show_stamp(int done, struct stat* status) {
  std::lock_guard lock(state().mutex);
  if (done != 0) return done;
  auto found = state().stamps.find({status->st_dev, status->st_ino});
  if (found == state().stamps.end() || nanoseconds(status->st_ctim) != found->second.true_ctime_ns) return done;
  auto& shown = found->second.shown;
  status->st_ino = shown.inode;
  status->st_mtim = {shown.mtime_ns / 1'000'000'000, shown.mtime_ns % 1'000'000'000};
  status->st_ctim = {shown.ctime_ns / 1'000'000'000, shown.ctime_ns % 1'000'000'000};
  return done;
}

}  // namespace

FaultDisk::FaultDisk(const std::filesystem::path& folder) {
  std::lock_guard lock(state().mutex);
  state().folder = folder.string();
  state().watching = true;
}

FaultDisk::~FaultDisk() {
  std::lock_guard lock(state().mutex);
  heal();
  state().watching = false;
  state().after_sync = nullptr;
  state().journal.reset();
  state().stamps.clear();
}

void FaultDisk::fail_at(uint64_t n, Fault fault, Lasting lasting) {
  std::lock_guard lock(state().mutex);
  state().countdown = n;
  state().fault = fault;
  state().lasting = lasting;
  state().came = false;
  state().struck.clear();
}

bool FaultDisk::heal() {
  std::lock_guard lock(state().mutex);
  state().countdown = 0;
  return std::exchange(state().came, false);
}

std::string FaultDisk::struck() const {
  std::lock_guard lock(state().mutex);
  return state().struck;
}

void FaultDisk::after_sync(std::function<void()> deed) {
  std::lock_guard lock(state().mutex);
  state().after_sync = std::move(deed);
}

void FaultDisk::record() {
  std::lock_guard lock(state().mutex);
  state().journal.emplace();
}

const DiskJournal& FaultDisk::journal() const {
  return *state().journal;
}

void FaultDisk::reproduce(size_t operations, Loss loss, const std::filesystem::path& to) {
  std::lock_guard lock(state().mutex);
  state().stamps.clear();
  for (auto& file : state().journal->reproduce(operations, loss, to)) {
    struct stat status = {};
    if (::lstat(file.path.c_str(), &status) == 0)
      state().stamps[{status.st_dev, status.st_ino}] = {file.stamp, nanoseconds(status.st_ctim)};
  }
}

}  // namespace weir::fakes

// --- in the place of the C library's

using namespace weir::fakes;  // NOLINT: what follows must be global

#define WEIR_NEXT(name) static auto* const next_##name = next<decltype(::name)>(#name)

namespace {

// open() has a third argument only where it may make a file.
template <typename Function>
int open_by(Function* function, const char* path, int flags, mode_t mode) {
  auto call = [&] { return function(path, flags, mode); };
  return state().watching ? watched_open(AT_FDCWD, path, flags, call) : call();
}

mode_t mode_in(int flags, va_list arguments) {
  return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  WEIR_NEXT(open);
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return open_by(next_open, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  WEIR_NEXT(open64);
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return open_by(next_open64, path, flags, mode);
}

// What the compiler's hardening makes of the same calls.
int __open_2(const char* path, int flags) {
  return open(path, flags);
}
int __open64_2(const char* path, int flags) {
  return open64(path, flags);
}

int access(const char* path, int mode) noexcept {
  WEIR_NEXT(access);
  return watched_access(path, mode, [&] { return next_access(path, mode); });
}

ssize_t read(int fd, void* buffer, size_t count) {
  WEIR_NEXT(read);
  return watched_read(fd, count, [&](size_t bytes) { return next_read(fd, buffer, bytes); });
}
ssize_t __read_chk(int fd, void* buffer, size_t count, size_t) {
  return read(fd, buffer, count);
}

ssize_t pread(int fd, void* buffer, size_t count, off_t offset) {
  WEIR_NEXT(pread);
  return watched_read(fd, count, [&](size_t bytes) { return next_pread(fd, buffer, bytes, offset); });
}
ssize_t __pread_chk(int fd, void* buffer, size_t count, off_t offset, size_t) {
  return pread(fd, buffer, count, offset);
}

ssize_t pread64(int fd, void* buffer, size_t count, off64_t offset) {
  return pread(fd, buffer, count, offset);
}
ssize_t __pread64_chk(int fd, void* buffer, size_t count, off64_t offset, size_t) {
  return pread(fd, buffer, count, offset);
}

ssize_t write(int fd, const void* bytes, size_t count) {
  WEIR_NEXT(write);
  auto call = [&](size_t part) { return next_write(fd, bytes, part); };
  return watched_write(fd, bytes, count, state().watching ? ::lseek(fd, 0, SEEK_CUR) : 0, call);
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  WEIR_NEXT(pwrite);
  return watched_write(fd, bytes, count, offset, [&](size_t part) { return next_pwrite(fd, bytes, part, offset); });
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  return pwrite(fd, bytes, count, offset);
}

int fsync(int fd) {
  WEIR_NEXT(fsync);
  return watched_sync(fd, [&] { return next_fsync(fd); });
}
int fdatasync(int fd) {
  WEIR_NEXT(fdatasync);
  return watched_sync(fd, [&] { return next_fdatasync(fd); });
}

int ftruncate(int fd, off_t length) noexcept {
  WEIR_NEXT(ftruncate);
  return watched_resize(fd, length, [&] { return next_ftruncate(fd, length); });
}
int ftruncate64(int fd, off64_t length) noexcept {
  return ftruncate(fd, length);
}

int rename(const char* from, const char* to) noexcept {
  WEIR_NEXT(rename);
  return watched_rename(from, to, [&] { return next_rename(from, to); });
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  WEIR_NEXT(renameat2);
  auto call = [&] { return next_renameat2(from_folder, from, to_folder, to, flags); };
  return watched_rename(path_at(from_folder, from), path_at(to_folder, to), call);
}

int unlink(const char* path) noexcept {
  WEIR_NEXT(unlink);
  return watched_remove(path, [&] { return next_unlink(path); });
}
int rmdir(const char* path) noexcept {
  WEIR_NEXT(rmdir);
  return watched_remove(path, [&] { return next_rmdir(path); });
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  WEIR_NEXT(unlinkat);
  return watched_remove(path_at(folder, path), [&] { return next_unlinkat(folder, path, flags); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  WEIR_NEXT(mkdir);
  if (!state().watching) return next_mkdir(path, mode);
  std::lock_guard lock(state().mutex);
  auto name = watched(path);
  if (!name) return next_mkdir(path, mode);
  if (strikes(Kind::name, "mkdir", *name)) return failure<int>();
  int done = next_mkdir(path, mode);
  if (done == 0) record_name(*name, [&](DiskJournal& journal) { journal.folder_made(*name); });
  return done;
}

int fchmod(int fd, mode_t mode) noexcept {
  WEIR_NEXT(fchmod);
  return watched_attribute(fd, [&] { return next_fchmod(fd, mode); });
}
int futimens(int fd, const timespec times[2]) noexcept {
  WEIR_NEXT(futimens);
  return watched_attribute(fd, [&] { return next_futimens(fd, times); });
}

int fsetxattr(int fd, const char* name, const void* value, size_t size, int flags) noexcept {
  WEIR_NEXT(fsetxattr);
  return watched_attribute(fd, [&] { return next_fsetxattr(fd, name, value, size, flags); });
}
int fremovexattr(int fd, const char* name) noexcept {
  WEIR_NEXT(fremovexattr);
  return watched_attribute(fd, [&] { return next_fremovexattr(fd, name); });
}

int fstat(int fd, struct stat* status) noexcept {
  WEIR_NEXT(fstat);
  int done = next_fstat(fd, status);
  return state().watching ? show_stamp(done, status) : done;
}
int lstat(const char* path, struct stat* status) noexcept {
  WEIR_NEXT(lstat);
  int done = next_lstat(path, status);
  return state().watching ? show_stamp(done, status) : done;
}

}  // extern "C"
