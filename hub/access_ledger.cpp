// SPDX-License-Identifier: Apache-2.0
#include "hub/access_ledger.h"

#include <algorithm>
#include <utility>

namespace weir::hub {
namespace {

constexpr Right kRights[] = {Right::metadata, Right::regular_files, Right::all_files};

}  // namespace

void AccessLedger::permit(const Asker& asker, const RepoName& repo, Right right, Moment now) {
  std::lock_guard lock(mutex_);
  for (auto each : kRights) {
    if (each > right) break;
    yeses_.insert_or_assign(Key{repo, asker, each}, Yes{now.wall, now.monotonic});
    changes_.push_back({asker, repo, each, now.wall, AccessRecord::Kind::yes});
  }
  drop_oldest_above_limit();
}

void AccessLedger::withdraw(const Asker& asker, const RepoName& repo, Right right) {
  std::lock_guard lock(mutex_);
  for (auto each : kRights) {
    if (each < right || yeses_.erase(Key{repo, asker, each}) == 0) continue;
    changes_.push_back({asker, repo, each, {}, AccessRecord::Kind::withdrawn});
  }
}

bool AccessLedger::is_fresh(const Asker& asker, const RepoName& repo, Right right, MonotonicTime now) const {
  std::lock_guard lock(mutex_);
  const auto* yes = find(asker, repo, right);
  auto ttl = asker.anonymous() ? options_.anonymous_ttl : options_.ttl;
  return yes && yes->said_monotonic && now - *yes->said_monotonic < ttl;
}

bool AccessLedger::has_yes(const Asker& asker, const RepoName& repo, Right right) const {
  std::lock_guard lock(mutex_);
  return find(asker, repo, right) != nullptr;
}

bool AccessLedger::holds_offline(const Asker& asker, const RepoName& repo, Right right, WallTime now) const {
  std::lock_guard lock(mutex_);
  if (find(Asker{}, repo, right)) return true;
  const auto* yes = find(asker, repo, right);
  return yes && now - yes->said < options_.offline_grace;
}

void AccessLedger::restore(const AccessRecord& record) {
  std::lock_guard lock(mutex_);
  yeses_.insert_or_assign(Key{record.repo, record.asker, record.right}, Yes{record.said, std::nullopt});
  drop_oldest_above_limit();
}

std::vector<AccessRecord> AccessLedger::take_changes() {
  std::lock_guard lock(mutex_);
  return std::exchange(changes_, {});
}

const AccessLedger::Yes* AccessLedger::find(const Asker& asker, const RepoName& repo, Right right) const {
  auto found = yeses_.find(Key{repo, asker, right});
  return found == yeses_.end() ? nullptr : &found->second;
}

// An eighth at a time, so that a full ledger is not searched at each yes.
void AccessLedger::drop_oldest_above_limit() {
  if (yeses_.size() <= limit_) return;
  std::vector<std::pair<WallTime, decltype(yeses_)::iterator>> by_age;
  by_age.reserve(yeses_.size());
  for (auto each = yeses_.begin(); each != yeses_.end(); ++each) by_age.emplace_back(each->second.said, each);
  auto count = yeses_.size() - limit_ + limit_ / 8;
  auto middle = by_age.begin() + static_cast<std::ptrdiff_t>(std::min(count, by_age.size() - 1));
  std::nth_element(by_age.begin(), middle, by_age.end(), [](auto& a, auto& b) { return a.first < b.first; });
  for (auto each = by_age.begin(); each != middle; ++each) yeses_.erase(each->second);
}

}  // namespace weir::hub
