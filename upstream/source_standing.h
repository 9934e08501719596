// SPDX-License-Identifier: Apache-2.0
// Whether a source may be asked in this fetch: not while it is to be left alone, and not at all once it has shown that
// it cannot give the blob.  Pure; time is an argument.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.h"

namespace weir::upstream {

// How a transfer failed.
struct LaneFailure {
  enum class Kind {
    absent,         // the source has not got the blob (404)
    refused,        // it does not give it (403)
    contradicts,    // its answer contradicts what is known: another length, another range
    ignores_range,  // it gives only the whole (200)
    busy,           // it is asked for too much (429)
    interrupted,    // it broke off, could not be reached, or has a trouble that passes (5xx)
    stalled,        // no byte came for too long
  };
  Kind kind = Kind::interrupted;
  std::string reason;                   // a sentence
  std::optional<Duration> retry_after;  // what the source asked for

  bool operator==(const LaneFailure&) const = default;
};

struct RetryOptions {
  Duration delay{500};       // before a source is asked again; doubled for each further time in a row without a byte
  size_t max_tries = 5;      // in a row without a byte: then it is no longer waited for
  Duration patience{9'000};  // how long a client waits without a byte
};

class SourceStanding {
 public:
  explicit SourceStanding(RetryOptions options) : options_(options) {}

  // It gave bytes.
  void progress() { tries_ = 0; }
  void fail(LaneFailure failure, MonotonicTime now);
  // It is to get no new transfers until readmit(), or until `until`.
  void hold(std::optional<MonotonicTime> until);
  // Not to be used, for a reason of the owner's own.
  void leave_out(LaneFailure reason);
  // It is held no longer; if it was out, all that it failed with is forgotten.
  void readmit();

  bool is_out() const { return out_; }
  // It gives nothing but the whole blob.
  bool only_whole() const { return only_whole_; }
  bool is_usable(MonotonicTime now) const { return !out_ && !held_ && until_ <= now; }
  // While it is neither usable nor out: when it is usable again; nothing: when the owner says so.
  std::optional<MonotonicTime> usable_at() const;
  // How often it failed since it last gave a byte.
  size_t failures() const { return tries_; }
  // It is not out, and comes back before clients lose their patience.
  bool is_worth_a_wait(MonotonicTime now) const;
  const std::optional<LaneFailure>& last_failure() const { return last_failure_; }

 private:
  Duration next_delay() const;

  RetryOptions options_;
  bool out_ = false;
  bool held_ = false;
  bool only_whole_ = false;
  MonotonicTime until_{};
  size_t tries_ = 0;  // in a row without a byte
  std::optional<LaneFailure> last_failure_;
};

}  // namespace weir::upstream
