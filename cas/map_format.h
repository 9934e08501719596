// SPDX-License-Identifier: Apache-2.0
// The bytes of a map file, partial/<sha256>.map (docs/store-format.md): the runs of a partial blob that are there and
// whether they are trusted, with a version and a checksum.  Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cas/trust.h"

namespace weir::cas {

// `runs` as TrustMap::runs() gives them.
std::string encode_map(const Runs& runs);

// The runs; nothing when these are not the very bytes that encode_map makes (torn, damaged, of an unknown version).
// Version 1 knew no trust: all that it says came from the origin.
std::optional<Runs> decode_map(std::string_view bytes);

}  // namespace weir::cas
