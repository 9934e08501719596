// SPDX-License-Identifier: Apache-2.0
// Patterns for paths as the hub's own tools read them (Python's fnmatch.fnmatchcase).  Pure.
#pragma once

#include <string_view>

namespace weir::cli {

// Whether the whole path fits: "*" is any text, slashes included, "?" one character, "[a-z]" and "[!a-z]" one of a set;
// nothing is escaped.  Case counts.  A pattern that ends in a slash means all below that folder.  Both are UTF-8; a
// backslash counts as a slash.
bool glob_matches(std::string_view pattern, std::string_view path);

}  // namespace weir::cli
