// SPDX-License-Identifier: Apache-2.0
// The body of a 206 with several ranges: multipart/byteranges (RFC 9110, section 14.6).  Pure: it writes what stands
// around the bytes of the file, and knows how long all of it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_range.h"
#include "http/range.h"

namespace weir::http {

class MultipartRanges {
 public:
  // `ranges` of a file of `size` bytes, in the order of the answer, none of them empty.  `content_type` is the file's
  // own.  `random`: 16 bytes or more that nobody can guess, different for each answer; the boundary is made of them.
  MultipartRanges(std::vector<AnsweredRange> ranges, uint64_t size, std::string_view content_type,
                  std::string_view random);

  const std::vector<AnsweredRange>& ranges() const { return ranges_; }
  // For the answer's Content-Type.
  std::string content_type() const { return "multipart/byteranges; boundary=" + boundary_; }
  // What stands before the bytes of a range; the first is followed by its bytes at once, as are all others.
  std::string head_of(size_t index) const;
  // What stands behind the bytes of the last range.
  std::string end() const;
  // Of the whole body; UINT64_MAX when it is that or more.
  uint64_t length() const;

 private:
  std::vector<AnsweredRange> ranges_;
  uint64_t size_;
  std::string part_type_;
  std::string boundary_;
};

}  // namespace weir::http
