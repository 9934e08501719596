// SPDX-License-Identifier: Apache-2.0
// The Link header (RFC 8288): read into its links, rid of those with an unwanted relation, and led elsewhere.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/fields.h"

namespace weir::http {

struct Link {
  std::string text;                    // the whole element as it came
  std::string target;                  // what stands between < and >
  std::vector<std::string> relations;  // of rel, in lower case

  bool operator==(const Link&) const = default;
  bool has_relation(std::string_view relation) const;
};

// The links of one header value, in order.  An element that is no link has its text only.
std::vector<Link> parse_links(std::string_view value);

// Drops the links with any of `relations` (lower case) from all Link fields.  A line that loses none stays byte for
// byte; the others keep their links verbatim, and a line that loses all goes.  Returns how many links went.
size_t drop_link_relations(Fields& fields, const std::vector<std::string_view>& relations);

// Puts what `rename` returns for a link's target in its place, in all Link fields; parameters stay verbatim.  A line
// in which nothing is renamed stays byte for byte.
void rename_link_targets(Fields& fields,
                         const std::function<std::optional<std::string>(std::string_view target)>& rename);

}  // namespace weir::http
