// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace weir {

// A half-open range of bytes [begin, end) of a file; begin <= end.
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  bool operator==(const ByteRange&) const = default;
  uint64_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
};

}  // namespace weir
