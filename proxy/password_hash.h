// SPDX-License-Identifier: Apache-2.0
// A password under scrypt (RFC 7914) with a salt of its own, in the form that passlib and others write:
// $scrypt$ln=15,r=8,p=1$SALT$KEY.  Immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace weir::proxy {

class PasswordHash {
 public:
  // With fresh salt; takes a tenth of a second and 32 MiB, as matches() does for what it makes.
  static PasswordHash make(const Secret& password);
  // Nothing for another scheme, and for costs beyond 256 MiB.
  static std::optional<PasswordHash> parse(std::string_view text);
  std::string text() const;

  // Takes the same time whatever the answer.  False when there is no memory for it.
  bool matches(const Secret& password) const;

  bool operator==(const PasswordHash&) const = default;

 private:
  struct Cost {
    uint64_t log2_n = 15;
    uint64_t r = 8;
    uint64_t p = 1;
    bool operator==(const Cost&) const = default;
    bool is_sane() const;
  };
  static std::optional<Cost> parse_cost(std::string_view text);
  // Empty when there is no memory for it.
  static std::string derive(const Secret& password, std::string_view salt, const Cost& cost, size_t size);

  Cost cost_;
  std::string salt_;
  std::string key_;
};

}  // namespace weir::proxy
