// SPDX-License-Identifier: Apache-2.0
#include "http/basic_auth.h"

#include "base/base64.h"
#include "http/text.h"

namespace weir::http {

std::optional<BasicCredentials> parse_basic(std::string_view value) {
  constexpr std::string_view kScheme = "Basic ";
  if (!starts_with_ignoring_case(value, kScheme)) return std::nullopt;
  auto decoded = from_base64(trim(value.substr(kScheme.size())));
  if (!decoded) return std::nullopt;
  Secret pair(*decoded);
  auto colon = pair.reveal().find(':');
  if (colon == std::string::npos) return std::nullopt;
  auto text = std::string_view(pair.reveal());
  return BasicCredentials{std::string(text.substr(0, colon)), Secret(text.substr(colon + 1))};
}

}  // namespace weir::http
