// SPDX-License-Identifier: Apache-2.0
// The sources and what is known of each over all fetches: whether it can be asked, how fast it is, what it served and
// what it was blamed for.  The fetch loop writes; any thread may read reports.  Pure but for the log: the time is an
// argument.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "upstream/options.h"
#include "upstream/peers.h"
#include "upstream/recent_speed.h"
#include "upstream/source_answer.h"

namespace weir::upstream {

// What there is to show of a source.  Times are before now.
struct SourceReport {
  enum class State {
    off,          // enabled = false
    unused,       // nobody has asked it yet
    reachable,    // it answered last
    unreachable,  // it did not, or not as it should
    left_out,     // it is not asked for a while
  };
  std::string name;
  SourceKind kind = SourceKind::origin;
  std::string place;  // host and maybe port; "" for the origin
  bool enabled = true;
  bool trusted = false;
  State state = State::unused;
  std::optional<Duration> left_out_for;  // from now on
  std::optional<Duration> answered_ago;  // the last answer that was in order, a refusal included
  std::optional<Duration> failed_ago;    // the last trouble
  std::string trouble;                   // what it was, in words; "" when there was none
  uint64_t bytes = 0;                    // that it served
  uint64_t speed = 0;                    // bytes a second, of late; 0: none came
  uint64_t errors = 0;                   // troubles
  uint64_t blamed = 0;                   // wrong bytes found
  std::optional<Sha256> blamed_for;      // the blob of the last time
  std::optional<Duration> blamed_ago;
};

std::string_view name_of(SourceReport::State state);

class Source {
 public:
  explicit Source(SourceOptions options);

  // What the configuration says now.  A fetch asks anew where it decides anew.
  std::shared_ptr<const SourceOptions> options() const;

  // Whether a fetch may ask it: it is enabled and not left out.  The origin is never left out, for what it says of
  // itself is for the fetch to judge.
  bool is_usable(MonotonicTime now) const;
  // When it may be asked again; nothing: now, as far as its troubles go.
  std::optional<MonotonicTime> left_out_until(MonotonicTime now) const;
  // Whether it was blamed for this blob lately: another source is to be asked for it.
  bool was_blamed_for(const Sha256& digest) const;

  // Of a body.
  void received(uint64_t bytes, MonotonicTime now);
  // Takes up what an answer says of the source as a whole: `use`, `redirect`, `has_not` and most of `refuses` are in
  // order; `busy` and `fails` leave it out for what it asked for, else for a second, doubled each time in a row up to
  // a minute; `unfit` for ten minutes; `lies` is an error, but about this blob alone.
  void answered(const SourceAnswer& answer, MonotonicTime now);
  // A connection that did not come about, broke off or stalled: as `fails`.  `trouble` is a sentence that may be shown.
  void failed(std::string trouble, MonotonicTime now);
  // It served wrong bytes of this blob: it is left out for ten minutes, doubled each time up to a day.
  void blame(const Sha256& digest, MonotonicTime now);

  SourceReport report(MonotonicTime now) const;

 private:
  friend class SourceTable;
  void use(SourceOptions options);
  void succeed(MonotonicTime now);
  void trouble(std::string words, MonotonicTime now);
  void leave_out(Duration pause, MonotonicTime now);
  void back_off(MonotonicTime now);
  bool is_left_out(MonotonicTime now) const { return left_out_until_ && now < *left_out_until_; }

  mutable std::mutex mutex_;  // guards all that follow
  std::shared_ptr<const SourceOptions> options_;
  std::optional<MonotonicTime> left_out_until_;
  std::optional<MonotonicTime> answered_;
  std::optional<MonotonicTime> failed_;
  std::string trouble_;
  size_t troubles_in_a_row_ = 0;
  uint64_t bytes_ = 0;
  RecentSpeed speed_;
  uint64_t errors_ = 0;
  std::vector<Sha256> blamed_for_;  // the last ones, the latest at the end
  uint64_t blamed_ = 0;
  std::optional<MonotonicTime> last_blame_;
};

class SourceTable {
 public:
  explicit SourceTable(std::vector<SourceOptions> configured) { use(std::move(configured)); }

  // Both from any thread.  A source of the same name, kind and URL keeps what is known of it.  One that is gone is
  // switched off for the fetches that have it still.
  void use(std::vector<SourceOptions> configured);
  // Those that are not configured (by their place) come behind.  Nothing happens for the same object as the last time.
  void use_peers(Peers::Sources peers);
  // From any thread: as they are configured now, the origin first.
  std::vector<std::shared_ptr<Source>> sources() const;
  std::vector<SourceReport> reports(MonotonicTime now) const;

 private:
  void merge();
  void replace(std::vector<SourceOptions> sources);

  mutable std::mutex mutex_;  // guards all that follow
  std::vector<SourceOptions> configured_;
  Peers::Sources peers_;
  std::vector<std::shared_ptr<Source>> sources_;
};

}  // namespace weir::upstream
