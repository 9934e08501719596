// SPDX-License-Identifier: Apache-2.0
// Map files as former versions of the program wrote them.
#pragma once

#include <string>
#include <vector>

#include "base/byte_range.h"
#include "base/digest.h"

namespace weir::cas {

// These bytes and their checksum.
inline std::string checked(std::string bytes) {
  auto digest = sha256(bytes);
  return bytes.append(digest.bytes.begin(), digest.bytes.end());
}

// Version 1, which knew no trust.  Below 128.
inline std::string encode_first_map(const std::vector<ByteRange>& runs) {
  std::string bytes = "weirmap1";
  for (auto run : runs)
    for (auto number : {run.begin, run.end}) bytes += std::string(1, static_cast<char>(number)) + std::string(7, '\0');
  return checked(bytes);
}

}  // namespace weir::cas
