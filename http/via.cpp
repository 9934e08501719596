// SPDX-License-Identifier: Apache-2.0
#include "http/via.h"

#include <algorithm>
#include <string>

#include "http/text.h"

namespace weir::http {
namespace {

constexpr Brackets kCommentBrackets{'(', ')'};

// The second word of "1.1 name (comment)".
std::string_view recipient_of(std::string_view entry) {
  size_t space = entry.find_first_of(" \t");
  if (space == std::string_view::npos) return {};
  std::string_view rest = trim(entry.substr(space));
  return rest.substr(0, rest.find_first_of(" \t"));
}

}  // namespace

std::string via_of(const Fields& fields) {
  std::string list;
  for (std::string_view value : fields.all("via")) list.append(list.empty() ? "" : ", ").append(value);
  return list;
}

bool via_holds(const Fields& fields, std::string_view pseudonym) {
  for (std::string_view value : fields.all("via")) {
    while (!value.empty()) {
      if (equals_ignoring_case(recipient_of(next_element(value, kCommentBrackets)), pseudonym)) return true;
    }
  }
  return false;
}

void add_via(Fields& fields, int minor_version, std::string_view pseudonym) {
  // One line for the whole list: some readers look at the first line alone.
  auto list = via_of(fields);
  fields.set("Via",
             list + (list.empty() ? "1." : ", 1.") + std::to_string(minor_version) + " " + std::string(pseudonym));
}

}  // namespace weir::http
