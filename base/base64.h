// SPDX-License-Identifier: Apache-2.0
// Base64 with the standard alphabet (RFC 4648, section 4).  Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Without padding.
std::string to_base64(std::string_view bytes);

// With padding or without.  Nothing for all else: other characters, a wrong length, bits that stand for no byte.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace weir
