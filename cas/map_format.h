// SPDX-License-Identifier: Apache-2.0
// The bytes of a map file, partial/<sha256>.map (docs/store-format.md): the runs of a partial blob that are held, with
// a version and a checksum.  Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_range.h"

namespace weir::cas {

// `runs` as BlockMap::ranges() gives them.
std::string encode_map(const std::vector<ByteRange>& runs);

// The runs; nothing when these are not the very bytes that encode_map makes (torn, damaged, of another version).
std::optional<std::vector<ByteRange>> decode_map(std::string_view bytes);

}  // namespace weir::cas
