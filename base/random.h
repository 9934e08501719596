// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace weir {

// `count` bytes of the system's cryptographic randomness.  Ends the process when there is none: nothing safe can be
// done then.
std::string random_bytes(size_t count);

}  // namespace weir
