// SPDX-License-Identifier: Apache-2.0
#include "cas/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
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

// Of the file's bytes, which need not be there to be locked; a length of 0 means all that follow.
struct Part {
  off_t begin = 0;
  off_t length = 0;
};
constexpr Part kWhole{0, 0};
constexpr Part kFirstHalf{0, 1};
constexpr Part kSecondHalf{1, 0};

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

struct flock request(short type, const Part& part) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = part.begin;
  lock.l_len = part.length;
  return lock;
}

// False when somebody else's lock is in the way.
Result<bool> set_lock(int fd, short type, const Part& part, const std::filesystem::path& path) {
  auto lock = request(type, part);
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return fail(errno_error("locking " + path.string()));
}

// Nothing when nobody but `fd` itself holds the lock.
Result<std::optional<LockNote>> note_of_owner(int fd, const std::filesystem::path& path) {
  auto lock = request(F_WRLCK, kWhole);
  if (::fcntl(fd, F_OFD_GETLK, &lock) != 0) return fail(errno_error("asking for the lock of " + path.string()));
  if (lock.l_type == F_UNLCK) return std::nullopt;
  // What stands there is a former owner's: it may have been another program, at an address that is somebody else's now.
  if (lock.l_type == F_RDLCK) return LockNote{};
  return read_text(fd, path);
}

tl::unexpected<Error> held_by_another(int fd, const std::filesystem::path& path) {
  auto note = note_of_owner(fd, path);
  return fail(ErrorCode::busy, "the store " + path.parent_path().string() + " is " +
                                   owner_sentence(note && *note ? **note : LockNote{}));
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
  if (!fd && errno == EROFS) return take_shared(path);
  if (!fd) return fail(errno_error("opening " + path.string()));
  TRY_ASSIGN(bool taken, set_lock(fd.get(), F_WRLCK, kWhole, path));
  if (!taken) return held_by_another(fd.get(), path);
  StoreLock lock(std::move(fd), path, Mode::exclusive);
  TRY(lock.write_note());
  return lock;
}

Result<StoreLock> StoreLock::take_shared(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && errno == ENOENT) return fail(errno_error("creating " + path.string(), EROFS));
  if (!fd) return fail(errno_error("opening " + path.string()));
  // First, so that who finds the store taken keeps its owner from nothing.
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return held_by_another(fd.get(), path);
    return fail(errno_error("locking " + path.string()));
  }
  TRY_ASSIGN(bool taken, set_lock(fd.get(), F_RDLCK, kWhole, path));
  if (!taken) return held_by_another(fd.get(), path);
  return StoreLock(std::move(fd), path, Mode::shared);
}

Result<std::optional<LockNote>> StoreLock::read_note(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) return fail(errno_error("opening " + path.string()));
  return note_of_owner(fd.get(), path);
}

Result<void> StoreLock::make_exclusive() {
  if (is_exclusive()) return {};
  UniqueFd fd(::open(path_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return fail(errno_error("opening " + path_.string()));
  // One half goes over after the other: whoever wants the whole finds one of them taken at any time.
  for (const auto& half : {kFirstHalf, kSecondHalf}) {
    TRY(set_lock(fd_.get(), F_UNLCK, half, path_));
    TRY_ASSIGN(bool taken, set_lock(fd.get(), F_WRLCK, half, path_));
    if (!taken) return held_by_another(fd.get(), path_);
  }
  fd_ = std::move(fd);
  // Without the note nobody finds the owner: then it is done once more.
  TRY(write_note());
  mode_ = Mode::exclusive;
  return {};
}

Result<void> StoreLock::set_address(std::string_view address) {
  if (std::any_of(address.begin(), address.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }))
    return fail(ErrorCode::invalid, "an address in the store's lock has a control character");
  address_ = address;
  return is_exclusive() ? write_note() : Result<void>();
}

Result<void> StoreLock::write_note() {
  auto text = std::string(kPid) + std::to_string(::getpid()) + "\n";
  if (!address_.empty()) text.append(kAddress).append(address_).append("\n");
  if (::ftruncate(fd_.get(), 0) != 0) return fail(errno_error("writing the store's lock"));
  return pwrite_all(fd_.get(), text, 0, "writing the store's lock");
}

}  // namespace weir::cas
