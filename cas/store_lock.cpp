// SPDX-License-Identifier: Apache-2.0
#include "cas/store_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/files.h"

namespace weir::cas {
namespace {

constexpr size_t kNoteLimit = 4096;
constexpr std::string_view kPid = "pid ";
constexpr std::string_view kAddress = "address ";

std::string owner_sentence(const LockNote& note) {
  std::string text = "held by ";
  text += note.pid ? "process " + std::to_string(note.pid) : std::string("another process");
  if (!note.address.empty()) text += ", which listens on " + note.address;
  return text;
}

Result<LockNote> read_text(int fd, const std::filesystem::path& path) {
  char text[kNoteLimit];
  ssize_t length = ::pread(fd, text, sizeof text, 0);
  if (length < 0) return fail(errno_error("reading " + path.string()));
  return parse_lock_note({text, static_cast<size_t>(length)});
}

}  // namespace

LockNote parse_lock_note(std::string_view text) {
  LockNote note;
  // A line counts when it is whole: the owner may be writing just now.
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with(kPid)) {
      auto digits = line.substr(kPid.size());
      pid_t pid = 0;
      auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
      if (error == std::errc() && stopped == digits.data() + digits.size() && pid > 0) note.pid = pid;
    } else if (line.starts_with(kAddress)) {
      note.address = line.substr(kAddress.size());
    }
  }
  return note;
}

Result<StoreLock> StoreLock::take(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail(errno_error("opening " + path.string()));
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd.get(), F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES) return fail(errno_error("locking " + path.string()));
    TRY_ASSIGN(auto note, read_text(fd.get(), path));
    return fail(ErrorCode::busy, "the store " + path.parent_path().string() + " is " + owner_sentence(note));
  }
  StoreLock lock(std::move(fd));
  TRY(lock.write_note(""));
  return lock;
}

Result<std::optional<LockNote>> StoreLock::read_note(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) return fail(errno_error("opening " + path.string()));
  struct flock whole = {};
  whole.l_type = F_RDLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd.get(), F_OFD_GETLK, &whole) != 0) return fail(errno_error("asking for the lock of " + path.string()));
  if (whole.l_type == F_UNLCK) return std::nullopt;
  TRY_ASSIGN(auto note, read_text(fd.get(), path));
  return note;
}

Result<void> StoreLock::set_address(std::string_view address) {
  if (std::any_of(address.begin(), address.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }))
    return fail(ErrorCode::invalid, "an address in the store's lock has a control character");
  return write_note(address);
}

Result<void> StoreLock::write_note(std::string_view address) {
  auto text = std::string(kPid) + std::to_string(::getpid()) + "\n";
  if (!address.empty()) text.append(kAddress).append(address).append("\n");
  if (::ftruncate(fd_.get(), 0) != 0) return fail(errno_error("writing the store's lock"));
  return pwrite_all(fd_.get(), text, 0, "writing the store's lock");
}

}  // namespace weir::cas
