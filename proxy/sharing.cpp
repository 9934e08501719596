// SPDX-License-Identifier: Apache-2.0
#include "proxy/sharing.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace weir::proxy {
namespace {

class PoolQuestion : public Sharing::Question {
 public:
  explicit PoolQuestion(DiskTask task) : task_(std::move(task)) {}

 private:
  DiskTask task_;
};

}  // namespace

std::unique_ptr<Sharing::Question> RememberedSharing::ask(const Sha256& digest, Loop& loop,
                                                          std::function<void(bool)> answer) {
  return std::make_unique<PoolQuestion>(disk_.submit<bool>(
      loop, [this, digest] { return is_public(digest); }, std::move(answer)));
}

bool RememberedSharing::is_public(const Sha256& digest) {
  catalog_.flush();
  auto repos = hub::repos_with(catalog_file_, digest);
  if (!repos) {
    log::error("looking for what has blob {}: {}", digest.hex(), repos.error().message);
    return false;
  }
  auto now = monotonic_now();
  return std::any_of(repos->begin(), repos->end(), [&](const hub::RepoName& repo) {
    return memory_.access().is_fresh(hub::Asker{}, repo, hub::Right::all_files, now);
  });
}

}  // namespace weir::proxy
