// SPDX-License-Identifier: Apache-2.0
// A disk without end on which zeros take no room.  Preloaded into the program (LD_PRELOAD), it turns a write of nothing
// but zeros at or behind a file's end into a hole, and tells of a terabyte that is free.  All else is as it was.  So a
// file of any size can pass through a store, as long as it is zeros.  Safe from any thread.
#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstring>

namespace {

constexpr fsblkcnt_t kFreeBytes = fsblkcnt_t{1} << 40;

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_zeros(const void* bytes, size_t count) {
  auto* first = static_cast<const char*>(bytes);
  return count > 0 && first[0] == 0 && std::memcmp(first, first + 1, count - 1) == 0;
}

bool is_behind_end(int fd, off_t offset) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && offset >= status.st_size;
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  static auto* real = next<decltype(::pwrite)>("pwrite");
  if (!is_zeros(bytes, count) || !is_behind_end(fd, offset)) return real(fd, bytes, count, offset);
  return ::ftruncate(fd, offset + static_cast<off_t>(count)) == 0 ? static_cast<ssize_t>(count) : -1;
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  return pwrite(fd, bytes, count, offset);
}

int statvfs(const char* path, struct statvfs* status) {
  static auto* real = next<int(const char*, struct statvfs*)>("statvfs");
  int failed = real(path, status);
  if (failed == 0) status->f_bavail = status->f_bfree = kFreeBytes / status->f_frsize;
  return failed;
}

int statvfs64(const char* path, struct statvfs64* status) {
  return ::statvfs(path, reinterpret_cast<struct statvfs*>(status));
}

}  // extern "C"
