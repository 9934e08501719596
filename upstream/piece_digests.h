// SPDX-License-Identifier: Apache-2.0
// The digests of pieces of a file: what is left to compare of bytes that were given up.
#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_range.h"
#include "base/digest.h"
#include "base/result.h"

namespace weir::upstream {

struct PieceDigest {
  ByteRange range;
  Sha256 digest;

  bool operator==(const PieceDigest&) const = default;
};

// Blocking.  Of the ranges, in pieces of 8 MiB at most.  Errors: io.
Result<std::vector<PieceDigest>> digest_pieces(int fd, const std::vector<ByteRange>& ranges);

}  // namespace weir::upstream
