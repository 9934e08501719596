// SPDX-License-Identifier: Apache-2.0
// Where the scrub is: the file `scrub` of the store (docs/store-format.md).  Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"

namespace weir::cas {

struct ScrubState {
  WallTime begun;               // when the last round began; whole seconds are kept
  std::optional<Sha256> after;  // while it is under way: the last digest that was looked at

  bool operator==(const ScrubState&) const = default;
};

std::string format_scrub_state(const ScrubState& state);
// Nothing when these are not the very bytes that format_scrub_state makes.
std::optional<ScrubState> parse_scrub_state(std::string_view text);

// How long until there is something to do: none while a round is under way.  A date in the future (the clock was set
// back) counts as now.
Duration until_next_blob(const ScrubState& state, Duration every, WallTime now);

}  // namespace weir::cas
