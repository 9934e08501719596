// SPDX-License-Identifier: Apache-2.0
// Basic authentication (RFC 7617).  Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace weir::http {

struct BasicCredentials {
  std::string name;
  Secret password;

  bool operator==(const BasicCredentials&) const = default;
};

// The credentials in the value of Authorization or Proxy-Authorization; nothing when it is of another scheme or
// damaged.
std::optional<BasicCredentials> parse_basic(std::string_view value);

}  // namespace weir::http
