// SPDX-License-Identifier: Apache-2.0
// What the hub permitted whom, per repository, and when: so that a permitted client need not be asked about for each
// file, and so that Weir can decide while the hub cannot be asked.  Gating and privacy belong to a repository, which is
// why a yes to one of its files holds for the others of its kind.  No client's yes holds for another client.
//
// Time is an argument.  Thread-safe; bounded, the oldest go first.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "hub/asker.h"
#include "hub/options.h"
#include "hub/repo_name.h"

namespace weir::hub {

// What a yes opens; each opens what stands before it too.  Metadata is public even where files are gated, and regular
// files may be where LFS files are not.
enum class Right : uint8_t { metadata, regular_files, all_files };

struct Moment {
  MonotonicTime monotonic;
  WallTime wall;

  static Moment now() { return {monotonic_now(), wall_now()}; }
};

// A yes as it is kept over a restart.
struct AccessRecord {
  Asker asker;
  RepoName repo;
  Right right = Right::metadata;
  WallTime said;
  enum class Kind { yes, withdrawn } kind = Kind::yes;

  bool operator==(const AccessRecord&) const = default;
};

class AccessLedger {
 public:
  static constexpr size_t kDefaultLimit = 200'000;

  explicit AccessLedger(AccessOptions options, size_t limit = kDefaultLimit) : options_(options), limit_(limit) {}

  // The hub said yes to a request of `asker` that needs this right.
  void permit(const Asker& asker, const RepoName& repo, Right right, Moment now);
  // The hub said 401, 403 or 404 for the repository: this and all rights above it are gone.
  void withdraw(const Asker& asker, const RepoName& repo, Right right);

  // Whether the hub's last yes is young enough to stand for another one.
  bool is_fresh(const Asker& asker, const RepoName& repo, Right right, MonotonicTime now) const;
  // Whether the hub said yes at all, however long ago, and has not taken it back.
  bool has_yes(const Asker& asker, const RepoName& repo, Right right) const;
  // Whether it may stand for one while the hub cannot be asked: any anonymous yes (the repository was public), or a
  // yes to these very credentials within the grace.
  bool holds_offline(const Asker& asker, const RepoName& repo, Right right, WallTime now) const;

  // A yes of a former run: good for holds_offline() only, as nobody knows what happened since.
  void restore(const AccessRecord& record);
  // What changed since the last call, in order.
  std::vector<AccessRecord> take_changes();

 private:
  struct Yes {
    WallTime said;
    std::optional<MonotonicTime> said_monotonic;  // in this run
  };
  using Key = std::tuple<RepoName, Asker, Right>;

  const Yes* find(const Asker& asker, const RepoName& repo, Right right) const;
  void drop_oldest_above_limit();

  const AccessOptions options_;
  const size_t limit_;
  mutable std::mutex mutex_;
  std::map<Key, Yes> yeses_;           // guarded by mutex_
  std::vector<AccessRecord> changes_;  // guarded by mutex_
};

}  // namespace weir::hub
