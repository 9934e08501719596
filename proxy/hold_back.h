// SPDX-License-Identifier: Apache-2.0
// How much of an unverified file a client may get.  Clients do not check hashes, so an answer that a client would take
// for the whole, or for its end, keeps its last bytes back until the sha256 is known, and drips meanwhile, for clients
// give up after 10 s of silence.  Pure.
#pragma once

#include <cstdint>

#include "base/byte_range.h"
#include "base/clock.h"
#include "http/range.h"

namespace weir::proxy {

inline constexpr uint64_t kHeldBack = 64 << 10;
inline constexpr Duration kDripInterval{4'000};
// A closed range of at least so many bytes that reaches the end is guarded too: tools that assemble ranges end with it.
inline constexpr uint64_t kGuardedRange = 16 << 20;
// An open range of at most so many bytes may be a look at the end of a file of which nobody has the beginning.
inline constexpr uint64_t kLook = 1 << 20;

enum class Asked {
  whole,   // no Range
  open,    // bytes=N-
  closed,  // any other single range
};

constexpr Asked asked_by(const http::AnsweredRange& answered) {
  return answered.kind == http::RangeSpec::Kind::open ? Asked::open : Asked::closed;
}

// An open range that ends a download where most of what comes before is held, and else is answered like a closed one.
constexpr bool may_be_a_look(Asked asked, ByteRange range) {
  return asked == Asked::open && range.begin > 0 && range.size() <= kLook;
}

class HoldBack {
 public:
  // `range`: of the answer, in a file of `size` bytes.
  HoldBack(Asked asked, ByteRange range, uint64_t size);

  // True when the answer can end only once the file is verified.
  bool guarded() const { return guarded_; }
  // The offset that the client may read up to, when [0, readable) is there: never the last byte of a guarded answer
  // before the file is verified.
  uint64_t limit(uint64_t readable, bool verified) const;
  // True when more is readable than the client may get: time to drip.
  bool holds(uint64_t readable, bool verified) const;
  // Lets one more byte go.
  void drip() { ++dripped_; }

 private:
  ByteRange range_;
  bool guarded_;
  uint64_t dripped_ = 0;
};

}  // namespace weir::proxy
