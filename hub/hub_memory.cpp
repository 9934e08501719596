// SPDX-License-Identifier: Apache-2.0
#include "hub/hub_memory.h"

namespace weir::hub {

Result<std::unique_ptr<HubMemory>> HubMemory::open(const std::filesystem::path& folder, const MemoryOptions& options) {
  TRY_ASSIGN(auto askers, AskerHasher::open(folder / "asker.key"));
  std::unique_ptr<HubMemory> memory(new HubMemory(std::move(askers), options));
  TRY_ASSIGN(memory->metadata_, Metadata::open(folder / "metadata.db", options.metadata, memory->access_));
  return memory;
}

void HubMemory::permit(const Asker& asker, const RepoName& repo, Right right) {
  access_.permit(asker, repo, right, Moment::now());
  metadata_->save_access();
}

void HubMemory::withdraw(const Asker& asker, const RepoName& repo, const Withdrawal& withdrawal) {
  access_.withdraw(asker, repo, withdrawal.right);
  if (withdrawal.of == Withdrawal::Of::public_too) access_.withdraw(Asker{}, repo, withdrawal.right);
  metadata_->save_access();
}

}  // namespace weir::hub
