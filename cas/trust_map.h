// SPDX-License-Identifier: Apache-2.0
// A TrustMap says which bytes of a partial blob are there, and which of them are trusted.  What is there is *present*
// and need not be fetched; what is there and trusted is *readable*, and stays so.  Pure; not thread-safe.  Costs no
// more than a BlockMap while all is trusted.
#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_range.h"
#include "cas/block_map.h"
#include "cas/trust.h"

namespace weir::cas {

class TrustMap {
 public:
  // Nothing is there.
  explicit TrustMap(uint64_t size) : present_(size), untrusted_(size) {}

  // How long the whole is.
  uint64_t size() const { return present_.size(); }

  // How many bytes from the start on are present.
  uint64_t present() const { return present_.prefix(); }
  // All runs that are present, ascending; no two of them touch.
  std::vector<ByteRange> present_ranges() const { return present_.ranges(); }
  // What is not present of `within`, ascending.
  std::vector<ByteRange> missing(ByteRange within) const { return present_.missing(within); }

  // The end of the run of readable bytes that covers `offset`; `offset` itself when that byte is not readable.
  uint64_t readable_from(uint64_t offset) const;
  // All runs that are readable, ascending; no two of them touch.
  std::vector<ByteRange> readable_ranges() const;

  // What is present and untrusted of `within`, ascending.
  std::vector<ByteRange> untrusted(ByteRange within) const { return untrusted_.held(within); }
  bool has_untrusted() const { return !untrusted_.empty(); }

  // Presence and trust together.
  Runs runs() const;

  // These bytes are present from now on; those beyond size() are left out.  What is trusted already stays trusted.
  void add(ByteRange range, Trust trust);
  // The untrusted bytes of the range are not present any more.  Returns how many there were.
  uint64_t forget(ByteRange range);
  // What is present is trusted.
  void trust_all() { untrusted_.remove({0, size()}); }

 private:
  BlockMap present_;
  BlockMap untrusted_;  // a part of present_
};

}  // namespace weir::cas
