// SPDX-License-Identifier: Apache-2.0
#include "peer/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "base/files.h"

namespace weir::peer {
namespace {

constexpr mode_t kFolderMode = 0755;  // as certs/ makes it
constexpr mode_t kLockMode = 0644;    // whoever may read it may wait for it

}  // namespace

Result<UniqueFd> lock_files(const std::filesystem::path& folder) {
  TRY(make_folder(folder, kFolderMode));
  auto path = folder / "peer.lock";
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kLockMode));
  if (!fd) return fail(errno_error("opening " + path.string()));
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail(errno_error("locking " + path.string()));
  return fd;
}

}  // namespace weir::peer
