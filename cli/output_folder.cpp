// SPDX-License-Identifier: Apache-2.0
#include "cli/output_folder.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/files.h"
#include "base/random.h"
#include "hub/regular_file.h"

namespace weir::cli {
namespace {

constexpr size_t kPiece = 1 << 20;
// What the umask leaves of these.
constexpr mode_t kFileMode = 0666;
constexpr mode_t kFolderMode = 0755;

std::variant<Sha256Hasher, Sha1Hasher> hasher_for(const TreeFile& file) {
  if (file.sha256) return Sha256Hasher();
  return hub::git_blob_hasher(file.size);
}

}  // namespace

FileCheck::FileCheck(const TreeFile& file) : file_(file), hasher_(hasher_for(file)) {}

void FileCheck::update(std::string_view bytes) {
  size_ += bytes.size();
  std::visit([&](auto& hasher) { hasher.update(bytes); }, hasher_);
}

bool FileCheck::is_right() {
  if (size_ != file_.size) return false;
  if (auto* sha256 = std::get_if<Sha256Hasher>(&hasher_)) return sha256->finish() == file_.sha256;
  return std::get<Sha1Hasher>(hasher_).finish() == file_.git_id;
}

NewFile::NewFile(UniqueFd fd, std::filesystem::path temporary, std::filesystem::path target, const TreeFile& file)
    : fd_(std::move(fd)), temporary_(std::move(temporary)), target_(std::move(target)), check_(file) {}

NewFile::~NewFile() {
  if (fd_) ::unlink(temporary_.c_str());
}

Result<NewFile> NewFile::begin(const std::filesystem::path& target, const TreeFile& file) {
  TRY(make_folder(target.parent_path(), kFolderMode));
  auto temporary = target.parent_path() / (".weir-" + to_hex(random_bytes(8)));
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!fd) return fail(errno_error("making " + temporary.string()));
  return NewFile(std::move(fd), temporary, target, file);
}

Result<void> NewFile::write(std::string_view bytes) {
  check_.update(bytes);
  return write_all(fd_.get(), bytes, "writing " + target_.string());
}

bool NewFile::reflink(int source) {
  return reflinked_ = ::ioctl(fd_.get(), FICLONE, source) == 0;
}

Result<void> NewFile::commit() {
  if (!reflinked_ && !check_.is_right())
    return fail(ErrorCode::digest_mismatch, target_.string() + " would not have the bytes that the hub named");
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return fail(errno_error("making " + target_.string()));
  fd_.reset();
  return {};
}

template <typename Callback>
Result<void> OutputFolder::read_all(int fd, Callback take) const {
  std::string piece(kPiece, '\0');
  for (off_t at = 0;;) {
    if (stop_.pulled()) return fail(ErrorCode::cancelled, "stopped");
    auto got = ::pread(fd, piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_error("reading a file"));
    if (got == 0) return {};
    TRY(take(std::string_view(piece).substr(0, static_cast<size_t>(got))));
    at += got;
  }
}

Result<bool> OutputFolder::holds(const TreeFile& file) const {
  UniqueFd fd(::open((root_ / file.path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (static_cast<uint64_t>(status.st_size) != file.size) return false;
  FileCheck check(file);
  TRY(read_all(fd.get(), [&](std::string_view bytes) {
    check.update(bytes);
    return Result<void>();
  }));
  return check.is_right();
}

Result<NewFile> OutputFolder::begin(const TreeFile& file) const {
  return NewFile::begin(root_ / file.path, file);
}

Result<void> OutputFolder::copy(const TreeFile& file, int source) const {
  TRY_ASSIGN(auto made, begin(file));
  if (!made.reflink(source)) TRY(read_all(source, [&](std::string_view bytes) { return made.write(bytes); }));
  return made.commit();
}

}  // namespace weir::cli
