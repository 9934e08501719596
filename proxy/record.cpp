// SPDX-License-Identifier: Apache-2.0
#include "proxy/record.h"

namespace weir::proxy {

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::none:
      return "-";
    case Outcome::hit:
      return "hit";
    case Outcome::collapsed:
      return "collapsed";
    case Outcome::miss:
      return "miss";
    case Outcome::pass:
      return "pass";
    case Outcome::tunnel:
      return "tunnel";
  }
  return "-";
}

}  // namespace weir::proxy
