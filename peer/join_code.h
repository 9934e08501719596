// SPDX-License-Identifier: Apache-2.0
// A join code: what a person carries from one machine to another so that their Weirs know each other.  80 bits of the
// inviting key's SPKI hash and a one-time secret of 80 bits, as 32 characters of base32 (RFC 4648, section 6).  Whoever
// stands between the two machines has neither, and cannot try secrets offline, for nothing is sent to a key that the
// code does not name.  Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/secret.h"

namespace weir::peer {

inline constexpr size_t kCodeHalf = 10;  // bytes

// The first 80 bits of a SPKI hash.
using KeyPrefix = std::array<uint8_t, kCodeHalf>;
KeyPrefix prefix_of(const Sha256& spki);

struct JoinCode {
  KeyPrefix host{};
  Secret secret;  // kCodeHalf bytes

  bool operator==(const JoinCode&) const = default;

  // Any case; spaces and dashes count for nothing.  Nothing for all that is not exactly 32 characters of the alphabet.
  static std::optional<JoinCode> parse(std::string_view text);
  // In groups of four with dashes between them.
  Secret text() const;
};

}  // namespace weir::peer
