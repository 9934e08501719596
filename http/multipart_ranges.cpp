// SPDX-License-Identifier: Apache-2.0
#include "http/multipart_ranges.h"

#include <algorithm>
#include <utility>

namespace weir::http {
namespace {

// RFC 2046, section 5.1.1 allows 70 characters.
constexpr size_t kRandomBytes = 16;

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (char byte : bytes) {
    auto value = static_cast<unsigned char>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

uint64_t saturating_sum(uint64_t a, uint64_t b) {
  return a + std::min(b, UINT64_MAX - a);
}

}  // namespace

MultipartRanges::MultipartRanges(std::vector<AnsweredRange> ranges, uint64_t size, std::string_view content_type,
                                 std::string_view random)
    : ranges_(std::move(ranges)),
      size_(size),
      part_type_(content_type),
      boundary_(hex(random.substr(0, kRandomBytes))) {}

std::string MultipartRanges::head_of(size_t index) const {
  // The line end before a delimiter belongs to it, and is not part of what stands before (RFC 2046, section 5.1.1).
  std::string head = index > 0 ? "\r\n--" : "--";
  head += boundary_ + "\r\n";
  if (!part_type_.empty()) head += "Content-Type: " + part_type_ + "\r\n";
  return head + "Content-Range: " + content_range(ranges_[index].range, size_) + "\r\n\r\n";
}

std::string MultipartRanges::end() const {
  return "\r\n--" + boundary_ + "--\r\n";
}

uint64_t MultipartRanges::length() const {
  uint64_t length = end().size();
  for (size_t i = 0; i < ranges_.size(); ++i) {
    length = saturating_sum(length, head_of(i).size());
    length = saturating_sum(length, ranges_[i].range.size());
  }
  return length;
}

}  // namespace weir::http
