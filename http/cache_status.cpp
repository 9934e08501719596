// SPDX-License-Identifier: Apache-2.0
#include "http/cache_status.h"

#include "http/text.h"

namespace weir::http {
namespace {

std::string_view parameters_of(CacheOutcome outcome) {
  switch (outcome) {
    case CacheOutcome::hit:
      return "; hit";
    case CacheOutcome::collapsed:
      return "; fwd=miss; collapsed";
    case CacheOutcome::miss:
      return "; fwd=miss";
    case CacheOutcome::pass:
      break;
  }
  return "; fwd=bypass";
}

// A string of RFC 8941, section 3.3.3.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c >= 0x20 && c < 0x7f ? c : '?');
  }
  return out += '"';
}

// A token of RFC 8941, section 3.3.4, begins with a letter or an asterisk.
bool is_structured_token(std::string_view text) {
  return is_token(text) && (text.front() == '*' || (to_lower(text.front()) >= 'a' && to_lower(text.front()) <= 'z'));
}

}  // namespace

std::string_view name_of(CacheOutcome outcome) {
  switch (outcome) {
    case CacheOutcome::hit:
      return "hit";
    case CacheOutcome::collapsed:
      return "collapsed";
    case CacheOutcome::miss:
      return "miss";
    case CacheOutcome::pass:
      break;
  }
  return "pass";
}

std::string cache_status(std::string_view name, CacheOutcome outcome, std::string_view detail) {
  std::string value = is_structured_token(name) ? std::string(name) : quoted(name);
  value.append(parameters_of(outcome));
  if (!detail.empty()) value.append("; detail=").append(quoted(detail));
  return value;
}

}  // namespace weir::http
