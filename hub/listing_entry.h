// SPDX-License-Identifier: Apache-2.0
// One entry of a listing, the JSON object of one file, as a whole text.  Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::hub {

enum class EntryOutcome {
  unchanged,   // it has no xetHash, or is no JSON object
  stripped,    // its xetHash is left out
  over_limit,  // its file is too large for plain HTTP and keeps its xetHash
};

// Appends `entry` to `out`, without the member xetHash when the file has at most `max_size` bytes (the larger of `size`
// and `lfs.size`) or when no size is there.  Every other byte is copied.  What is not well-formed is copied whole.
EntryOutcome strip_entry(std::string_view entry, uint64_t max_size, std::string& out);

}  // namespace weir::hub
