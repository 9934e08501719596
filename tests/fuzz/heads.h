// SPDX-License-Identifier: Apache-2.0
// A second, plain reading of heads, slow and strict: what the parser accepts, this must accept too.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::fuzz {

struct PlainHead {
  std::string first_line;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case, values trimmed

  size_t count(std::string_view name) const;
  std::string get(std::string_view name) const;
};

// Requires that `head` is lines that end in CR LF, none of them holding a CR, LF or NUL, the last one empty, and that
// each field is a token, a colon and a value.
PlainHead read_plainly(std::string_view head);

// Requires that nothing in `fields` leaves a doubt about how long a body is.
void require_clear_framing(const PlainHead& head, int minor_version);

// The end of the head is found alike however the bytes come.
void require_same_end_at_every_cut(std::string_view input);

}  // namespace weir::fuzz
