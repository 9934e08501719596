// SPDX-License-Identifier: Apache-2.0
// A disk that takes nothing while a test says so.  Preloaded into the program (LD_PRELOAD), it has writes to files and
// their fsync fail with the error whose number stands in the file that WEIR_DISK_ERROR names; without that file all is
// as it was.  Safe from any thread.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace {

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// 0: nothing is wrong.
int demanded_error() {
  const char* path = std::getenv("WEIR_DISK_ERROR");
  int fd = path ? ::open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  std::array<char, 8> text{};
  auto got = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  return got > 0 ? std::atoi(text.data()) : 0;
}

// Sets errno, if it fails.
bool fails(int fd) {
  struct stat status = {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  int error = demanded_error();
  errno = error;
  return error != 0;
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  static auto* real = next<decltype(::pwrite)>("pwrite");
  return fails(fd) ? -1 : real(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  return ::pwrite(fd, bytes, count, offset);
}

int fsync(int fd) {
  static auto* real = next<decltype(::fsync)>("fsync");
  return fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
  static auto* real = next<decltype(::fdatasync)>("fdatasync");
  return fails(fd) ? -1 : real(fd);
}

}  // extern "C"
