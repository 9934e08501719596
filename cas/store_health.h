// SPDX-License-Identifier: Apache-2.0
// Whether the store takes bytes, which a small file that is written and removed again tells: when somebody failed to
// write, and then from time to time until it succeeds.  So one file that does not fit leaves the store in use for all
// others.  Each change is logged once, however many requests run into it.  Safe from any thread; trouble() and
// writable() are cheap, the others block (disk pool).
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "cas/layout.h"
#include "cas/space.h"

namespace weir::cas {

struct StoreTrouble {
  enum class Kind {
    full,            // the disk, a quota, or the largest file that is allowed
    read_only,       // the file system
    no_descriptors,  // the process or the system has none left
    failing,         // any other error of the disk
  };
  Kind kind = Kind::failing;
  std::string reason;
  WallTime since;
};

// "full", "read-only", "out of descriptors", "failing"
std::string_view name_of(StoreTrouble::Kind kind);

// What the disk is to blame for, if it is: not wrong bytes, nor a wrong call.
std::optional<StoreTrouble::Kind> trouble_in(const Error& error);

// A file went past a store that takes others: it is larger than what max_size, min_free, a quota or the disk leave.
struct Misfit {
  std::string reason;
  WallTime when;
};
inline constexpr std::chrono::seconds kMisfitMemory{60};

class StoreHealth {
 public:
  // What a store that takes bytes has to do before it is used; quick where it was done before.
  using Settle = std::function<Result<void>()>;

  // The layout and the space of the store that is watched; the space must outlive it.
  StoreHealth(Layout layout, Space& space, Settle settle)
      : layout_(std::move(layout)), space_(space), settle_(std::move(settle)) {}

  // Nothing while the store takes bytes.
  std::optional<StoreTrouble> trouble() const;
  // Whether it is worth trying to store something.
  bool writable() const { return writable_.load(std::memory_order_relaxed); }

  // The last one, for kMisfitMemory.
  std::optional<Misfit> misfit(WallTime now) const;

  // A write into the store has failed: finds out whether that is a trouble of the store, or of a file that does not
  // fit.
  void doubt(const Error& error, WallTime now);
  // While there is trouble: finds out whether it is over.
  void check(WallTime now);

 private:
  Result<void> try_out() const;
  Result<void> write_and_remove() const;
  void set(std::optional<StoreTrouble> trouble);
  void remember_misfit(const std::string& reason, WallTime now);

  const Layout layout_;
  Space& space_;
  const Settle settle_;  // called under checking_
  std::mutex checking_;  // over a check and what follows from it; taken before mutex_
  std::atomic<bool> writable_ = true;
  mutable std::mutex mutex_;
  std::optional<StoreTrouble> trouble_;  // guarded by mutex_
  std::optional<Misfit> misfit_;         // guarded by mutex_
};

}  // namespace weir::cas
