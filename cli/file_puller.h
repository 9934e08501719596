// SPDX-License-Identifier: Apache-2.0
// Brings one file after another into the store, by the requests that the hub's own tools make, so that what they will
// ask is remembered too.  Blocking; safe from several threads.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/disk_room.h"
#include "cli/hub_client.h"
#include "cli/output_folder.h"
#include "cli/pull_report.h"
#include "cli/stop_switch.h"
#include "hub/pins.h"

namespace weir::cli {

enum class HeldFiles {
  trust,
  verify,  // hash them again
  fix,     // and download again what was wrong
};

struct PullTask {
  hub::Pin repo;  // with its revision
  std::string commit;
  HeldFiles held = HeldFiles::trust;
  std::filesystem::path store_root;
  std::filesystem::path to;                     // "": the store alone
  std::map<std::string, Sha256> regular_files;  // what the store holds them under, by path; for HeldFiles::verify
};

class FilePuller {
 public:
  // All outlive it.
  FilePuller(const HubClient& client, const PullTask& task, DiskRoom& room, const StopSwitch& stop);

  // Errors: why the store does not have the file now, or the folder does not; no_space when there is no room left for
  // it, cancelled.
  Result<void> pull(const TreeFile& file);
  // One more request, so that what the branch or tag stands for is remembered as well as what the commit has.
  Result<void> ask_by_revision(const TreeFile& file);

  PullTally tally() const;

 private:
  struct Found {
    http::Url url;      // behind the redirects on the hub
    bool held = false;  // by the store
  };
  Result<Found> find(const TreeFile& file, const std::string& revision) const;
  Result<bool> is_sound(const TreeFile& file) const;
  Result<void> download(const TreeFile& file, const http::Url& url);
  Result<void> wait_until_held(const TreeFile& file) const;
  Result<void> write_out(const TreeFile& file, const http::Url& url) const;
  Result<void> keep(const TreeFile& file, const Found& found);

  const HubClient& client_;
  const PullTask& task_;
  DiskRoom& room_;
  const StopSwitch& stop_;
  std::optional<OutputFolder> output_;
  std::atomic<uint64_t> files_ = 0;
  std::atomic<uint64_t> from_hub_ = 0;
  std::atomic<uint64_t> held_ = 0;
};

}  // namespace weir::cli
