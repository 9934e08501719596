// SPDX-License-Identifier: Apache-2.0
#include "cas/loose_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <tuple>

#include "cas/disk.h"

namespace weir::cas {
namespace {

constexpr uint64_t kStatBlock = 512;  // the unit of st_blocks, whatever the file system's

// A file system may allocate ahead of a file's end, and gives that back.
uint64_t allocated(const struct stat& status) {
  return std::min(static_cast<uint64_t>(status.st_blocks) * kStatBlock, static_cast<uint64_t>(status.st_size));
}

struct PartialFile {
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
  Sha256 digest;
  uint64_t bytes = 0;
};

}  // namespace

Result<void> LooseFiles::load(const Layout& layout) {
  TRY_ASSIGN(auto paths, paths_in(layout.partials()));
  std::vector<PartialFile> found;
  for (const auto& path : paths) {
    auto digest = Sha256::from_hex(path.filename().string());
    struct stat status = {};
    if (!digest || ::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    found.push_back({status.st_mtim.tv_sec, status.st_mtim.tv_nsec, *digest, allocated(status)});
  }
  std::sort(found.begin(), found.end(), [](const PartialFile& a, const PartialFile& b) {
    return std::tie(a.seconds, a.nanoseconds, a.digest) < std::tie(b.seconds, b.nanoseconds, b.digest);
  });
  for (const auto& file : found) {
    auto loose = begin();
    loose.add(file.bytes);
    leave(file.digest, std::move(loose));
  }
  return {};
}

Loose LooseFiles::take(const Sha256& digest) {
  std::lock_guard lock(mutex_);
  auto idle = idle_.extract(digest);
  return idle.empty() ? begin() : std::move(idle.mapped().loose);
}

void LooseFiles::leave(const Sha256& digest, Loose loose) {
  std::lock_guard lock(mutex_);
  idle_.insert_or_assign(digest, Idle{std::move(loose), next_use_++});
}

void LooseFiles::forget(const Sha256& digest) {
  std::lock_guard lock(mutex_);
  idle_.erase(digest);
}

std::vector<Candidate> LooseFiles::idle() const {
  std::lock_guard lock(mutex_);
  std::vector<Candidate> files;
  files.reserve(idle_.size());
  for (const auto& [digest, idle] : idle_) files.push_back({digest, idle.loose.bytes(), idle.used, idle.used});
  return files;
}

uint64_t allocated_bytes(int fd) {
  struct stat status = {};
  return ::fstat(fd, &status) == 0 ? allocated(status) : 0;
}

}  // namespace weir::cas
