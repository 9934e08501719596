// SPDX-License-Identifier: Apache-2.0
// Which untrusted source sent which bytes of a blob, as long as nobody knows whether they are right.  Pure.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/byte_range.h"
#include "cas/block_map.h"
#include "upstream/plan_types.h"

namespace weir::upstream {

class Provenance {
 public:
  // `size`: of the blob, in bytes.
  explicit Provenance(uint64_t size) : size_(size) {}

  // Untrusted bytes came.
  void sent(SourceId source, ByteRange range);
  // Trusted bytes have taken their place, or none are there any more.
  void settle(ByteRange range);

  // Who sent bytes of the range.
  std::vector<SourceId> senders(ByteRange range) const;
  std::vector<SourceId> senders() const { return senders({0, size_}); }
  // What it sent, ascending.
  std::vector<ByteRange> of(SourceId source) const;
  // The parts of `untrusted` that nobody known sent: a former run left them.
  std::vector<ByteRange> unknown(std::vector<ByteRange> untrusted) const;

 private:
  uint64_t size_;
  std::map<SourceId, cas::BlockMap> sent_;
};

}  // namespace weir::upstream
