// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_members.h"

#include <algorithm>
#include <utility>

#include "upstream/byte_ranges.h"

namespace weir::upstream {

void FetchMember::tell_progress(const std::shared_ptr<FetchMember>& member) {
  if (member->told.exchange(true)) return;
  member->loop.post([member] {
    member->told = false;
    if (member->listener) member->listener->on_progress();
  });
}

void FetchMembers::add(Member member) {
  member->frontier = whole_blocks(member->want.range, progress_.size()).begin;
  member->last_byte = monotonic_now();
  members_.push_back(std::move(member));
}

void FetchMembers::admit(const Member& member) {
  whole_wanted_ = whole_wanted_ || member->want.reach == Want::Reach::whole;
  member->frontier = progress_.readable_from(member->frontier);
}

void FetchMembers::remove(const Member& member, AfterLeaving whole) {
  std::erase(members_, member);
  if (whole == AfterLeaving::stop) whole_wanted_ = any_wants_the_whole();
}

bool FetchMembers::any_wants_the_whole() const {
  return std::any_of(members_.begin(), members_.end(),
                     [](const auto& each) { return each->want.reach == Want::Reach::whole; });
}

std::vector<PlanWant> FetchMembers::wants() const {
  auto size = progress_.size();
  std::vector<PlanWant> wants;
  for (const auto& member : members_) {
    auto range = whole_blocks(member->want.range, size);
    auto known = std::find_if(wants.begin(), wants.end(), [&](const auto& want) { return want.range == range; });
    if (known == wants.end()) {
      wants.push_back({range, member->frontier, member->last_byte});
    } else {
      known->last_byte = std::min(known->last_byte, member->last_byte);
    }
  }
  bool all = whole_wanted_ || std::any_of(members_.begin(), members_.end(),
                                          [](const auto& each) { return each->want.reach != Want::Reach::range; });
  bool named = std::any_of(wants.begin(), wants.end(), [&](const auto& want) {
    return want.range == ByteRange{0, size};
  });
  if (all && !named) wants.push_back({{0, size}, std::nullopt, {}});
  return wants;
}

void FetchMembers::advance(MonotonicTime now) {
  for (const auto& member : members_) {
    auto frontier = progress_.readable_from(member->frontier);
    if (frontier > member->frontier) member->last_byte = now;
    member->frontier = frontier;
  }
}

void FetchMembers::tell_all() const {
  for (const auto& member : members_) FetchMember::tell_progress(member);
}

}  // namespace weir::upstream
