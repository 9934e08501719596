// SPDX-License-Identifier: Apache-2.0
// The clients of a fetch and what they want of it together.  A client that wants the whole file goes on wanting it when
// it has left (unless the options say otherwise); any other range is wanted as long as its client is there.  Lives on
// the fetch loop.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/loop.h"
#include "upstream/fetch_join.h"
#include "upstream/fetch_progress.h"
#include "upstream/plan_types.h"

namespace weir::upstream {

// A client in a fetch.  `listener` is read and written on the client's loop only, all else on the fetch loop.
struct FetchMember {
  FetchMember(Loop& its_loop, FetchListener& its_listener) : loop(its_loop), listener(&its_listener) {}

  // Calls `tell` on the client's loop, unless it has left by then.
  template <typename Tell>
  static void tell(const std::shared_ptr<FetchMember>& member, Tell tell) {
    member->loop.post([member, tell = std::move(tell)] {
      if (member->listener) tell(*member->listener);
    });
  }
  // The same for on_progress(); calls that were not delivered yet count as one.
  static void tell_progress(const std::shared_ptr<FetchMember>& member);

  Loop& loop;
  FetchListener* listener;
  std::atomic<bool> told = false;
  Want want;
  uint64_t frontier = 0;      // the first byte that it cannot read yet of the blocks that it wants
  MonotonicTime last_byte{};  // when that moved, or it joined
};

class FetchMembers {
 public:
  using Member = std::shared_ptr<FetchMember>;
  enum class AfterLeaving { go_on, stop };

  explicit FetchMembers(const FetchProgress& progress) : progress_(progress) {}

  void add(Member member);
  // From now on it counts that it wants the whole.
  void admit(const Member& member);
  void remove(const Member& member, AfterLeaving whole);
  const std::vector<Member>& all() const { return members_; }
  bool want_anything() const { return whole_wanted_ || !members_.empty(); }

  // In whole blocks; equal ones are one.
  std::vector<PlanWant> wants() const;
  // More is readable.
  void advance(MonotonicTime now);
  // Each hears of the progress.
  void tell_all() const;

 private:
  bool any_wants_the_whole() const;

  const FetchProgress& progress_;
  std::vector<Member> members_;
  bool whole_wanted_ = false;
};

}  // namespace weir::upstream
