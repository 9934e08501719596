// SPDX-License-Identifier: Apache-2.0
// The path of a request target, taken apart with care: what decodes to something that another reader could take for
// another path is no path at all.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::hub {

// The decoded segments of an absolute path, query left off.  Nothing when it does not begin with '/', when an escape is
// malformed, when a segment decodes to a control character, a backslash, or to nothing, "." or ".." between slashes
// (encoded ones too). A segment may hold slashes only where they came as %2F.
std::optional<std::vector<std::string>> path_segments(std::string_view target);

// Why no file and no page can have this target's path, in words that follow "The path "; nothing when one can.  Refused
// are segments "." and ".." (encoded ones too), control characters, what is not UTF-8, bad escapes, and paths above
// 4 KiB.
std::optional<std::string_view> path_fault(std::string_view target);

// Segments put together by '/'.
std::string join_segments(std::span<const std::string> segments);

}  // namespace weir::hub
