// SPDX-License-Identifier: Apache-2.0
// A BlockMap says which bytes of a blob are held, whatever the order that its blocks come in.  It is exact to the byte,
// because a block that still comes is read right up to its last byte.  Pure; not thread-safe.  Its size in memory
// follows the number of separate runs.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/byte_range.h"

namespace weir::cas {

class BlockMap {
 public:
  // Nothing is held.
  explicit BlockMap(uint64_t size) : size_(size) {}

  // How long the whole is.
  uint64_t size() const { return size_; }
  // How many bytes are held from the start on.
  uint64_t prefix() const { return held_from(0); }
  bool complete() const { return prefix() == size_; }
  // Whether nothing is held.
  bool empty() const { return runs_.empty(); }
  // The end of the run of held bytes that covers `offset`; `offset` itself when that byte is not held.
  uint64_t held_from(uint64_t offset) const;
  // The end of the gap that covers `offset`, size() at most; `offset` itself when that byte is held.
  uint64_t missing_from(uint64_t offset) const;
  // The runs that are held, ascending; no two of them touch.
  std::vector<ByteRange> ranges() const;
  // What is held of `within`, ascending.
  std::vector<ByteRange> held(ByteRange within) const;
  // What is not held of `within`, ascending.  Nothing is missing beyond size().
  std::vector<ByteRange> missing(ByteRange within) const;

  // These bytes are not held any more.  Returns how many of them were.
  uint64_t remove(ByteRange range);
  // These bytes are held from now on; those beyond size() are left out.
  void add(ByteRange range);

 private:
  uint64_t size_;
  std::map<uint64_t, uint64_t> runs_;  // begin to end; disjoint, and no two touch
};

}  // namespace weir::cas
