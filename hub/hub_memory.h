// SPDX-License-Identifier: Apache-2.0
// All that Weir remembers of the hub, and whether the hub can be asked now.  Its parts are safe from any thread.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "hub/access_ledger.h"
#include "hub/asker.h"
#include "hub/file_answer.h"
#include "hub/hub_health.h"
#include "hub/metadata.h"
#include "hub/options.h"

namespace weir::hub {

class HubMemory {
 public:
  // Blocking.  The files metadata.db and asker.key in `folder`.  Errors: io, invalid.
  static Result<std::unique_ptr<HubMemory>> open(const std::filesystem::path& folder, const MemoryOptions& options);

  const AskerHasher& askers() const { return askers_; }
  AccessLedger& access() { return access_; }
  Metadata& metadata() { return *metadata_; }
  HubHealth& health() { return health_; }

  // The ledger's calls, with what changed written behind.
  void permit(const Asker& asker, const RepoName& repo, Right right);
  void withdraw(const Asker& asker, const RepoName& repo, const Withdrawal& withdrawal);

 private:
  HubMemory(AskerHasher askers, const MemoryOptions& options)
      : askers_(std::move(askers)), access_(options.access), health_(options.offline) {}

  const AskerHasher askers_;
  AccessLedger access_;
  std::unique_ptr<Metadata> metadata_;
  HubHealth health_;
};

}  // namespace weir::hub
