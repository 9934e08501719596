// SPDX-License-Identifier: Apache-2.0
// Which proxy Weir itself goes through, from the configuration and the environment that it was started in.  Pure but
// for own_endpoints().
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "cli/environment.h"
#include "upstream/options.h"

namespace weir::cli {

struct ParentChoice {
  upstream::ParentRoute route;        // its pseudonym is left empty
  std::string source;                 // what named the proxy: a variable or "origin.proxy"; empty when there is none
  std::vector<std::string> warnings;  // a sentence for each value that cannot be used; no password
};

// `own`: where this Weir listens, and so what is never its parent.  An environment that is Weir's already counts as it
// was before.  Error: invalid when origin.proxy is no proxy, or Weir itself.
Result<ParentChoice> choose_parent(const upstream::ProxySetting& setting, const Environment& found,
                                   const std::vector<Endpoint>& own);

// The endpoints of a socket that listens at `listening`: for an unspecified address those of all interfaces too.
std::vector<Endpoint> own_endpoints(const Endpoint& listening);

}  // namespace weir::cli
