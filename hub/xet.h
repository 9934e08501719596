// SPDX-License-Identifier: Apache-2.0
// Xet is the hub's chunked transfer.  Clients that see its signs go to the Xet servers and pass by the store; without
// them they read plain HTTP.  Pure.
#pragma once

#include <cstdint>

#include "http/fields.h"

namespace weir::hub {

// Clients refuse files above this over plain HTTP, so larger ones keep their Xet signs and pass through.
inline constexpr uint64_t kMaxPlainSize = 50'000'000'000;

// Removes X-Xet-Hash, X-Xet-Refresh-Route and the Link relations xet-auth and xet-reconstruction-info from an answer;
// other links stay.
void strip_xet(http::Fields& answer);

// Takes application/vnd.xet-fileinfo+json out of a request's Accept: the hub answers a file that way instead of with a
// redirect
// (@huggingface/hub).  An Accept that held nothing else becomes */*.  An Accept without it stays as it is.
void strip_xet_accept(http::Fields& request);

}  // namespace weir::hub
