// SPDX-License-Identifier: Apache-2.0
#include "http/hop_by_hop.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "http/text.h"

namespace weir::http {
namespace {

using namespace std::string_view_literals;

constexpr std::array kHopByHop = {"connection"sv, "http2-settings"sv,    "keep-alive"sv, "te"sv,
                                  "trailer"sv,    "transfer-encoding"sv, "upgrade"sv};

// What Connection cannot take away.
constexpr std::array kEndToEnd = {"accept-encoding"sv,
                                  "age"sv,
                                  "authorization"sv,
                                  "cache-control"sv,
                                  "content-encoding"sv,
                                  "content-length"sv,
                                  "content-range"sv,
                                  "content-type"sv,
                                  "cookie"sv,
                                  "date"sv,
                                  "etag"sv,
                                  "expect"sv,
                                  "host"sv,
                                  "if-match"sv,
                                  "if-modified-since"sv,
                                  "if-none-match"sv,
                                  "if-range"sv,
                                  "if-unmodified-since"sv,
                                  "location"sv,
                                  "range"sv,
                                  "set-cookie"sv,
                                  "vary"sv,
                                  "via"sv,
                                  "www-authenticate"sv};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view one) { return equals_ignoring_case(one, name); });
}

std::vector<std::string> named_by_connection(const Fields& fields) {
  std::vector<std::string> names;
  for (std::string_view value : fields.all("connection")) {
    while (!value.empty()) {
      std::string_view name = next_element(value);
      if (!name.empty() && !contains(kEndToEnd, name)) names.emplace_back(name);
    }
  }
  return names;
}

}  // namespace

void remove_hop_by_hop(Fields& fields) {
  const std::vector<std::string> named = named_by_connection(fields);
  fields.remove_if([&named](const Field& field) {
    return contains(kHopByHop, field.name) || starts_with_ignoring_case(field.name, "proxy-") ||
           contains(named, field.name);
  });
}

}  // namespace weir::http
