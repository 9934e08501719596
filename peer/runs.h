// SPDX-License-Identifier: Apache-2.0
// The field Weir-Ranges: which bytes of a blob a peer has.  "0-1048575, 2097152-3145727": first and last byte of each
// run, ascending, with gaps between them.  Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_range.h"

namespace weir::peer {

inline constexpr std::string_view kRangesField = "Weir-Ranges";
// The longest ones are named when there are more; a field has 5 KiB at most.
inline constexpr size_t kMostRuns = 128;

// `runs` are ascending and no two touch; "" when there are none.
std::string format_runs(std::vector<ByteRange> runs);

// The runs of a blob of `size` bytes.  Nothing when that is no such list: malformed, out of order, touching, beyond the
// end, or more than kMostRuns.
std::optional<std::vector<ByteRange>> parse_runs(std::string_view text, uint64_t size);

// Whether one of the runs has all of `range`.
bool covers(const std::vector<ByteRange>& runs, ByteRange range);

}  // namespace weir::peer
