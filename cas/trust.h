// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a partial blob came from, as far as it matters to who reads them.  Before the whole is verified no
// client gets an untrusted byte.
#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_range.h"

namespace weir::cas {

enum class Trust {
  trusted,    // from the origin over verified TLS, or from a source that the configuration trusts
  untrusted,  // from anywhere else
};

// Bytes [begin, end) of a partial blob that are there.
struct TrustRun {
  uint64_t begin = 0;
  uint64_t end = 0;
  Trust trust = Trust::trusted;

  bool operator==(const TrustRun&) const = default;
};

// Ascending; no two overlap, and two that touch differ in their trust.
using Runs = std::vector<TrustRun>;

}  // namespace weir::cas
