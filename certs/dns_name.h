// SPDX-License-Identifier: Apache-2.0
// DNS names as certificates spell them.  Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::certs {

// The name in lower case, without a trailing dot: letters, digits and inner hyphens in labels of 1-63 bytes, 253 bytes
// in all (RFC 1123, section 2.1).  Errors: invalid for all else, for a wildcard, and for an IP address in any spelling
// (a last label of digits, or of 0x and hex digits, is one to many resolvers).
Result<std::string> canonical_dns_name(std::string_view text);

// Whether a canonical name lies within a permitted dNSName subtree (RFC 5280, section 4.2.1.10): it is the subtree's
// name or ends in it at a label's border.  An empty subtree holds nothing here.
bool is_within(std::string_view name, std::string_view subtree);

}  // namespace weir::certs
