// SPDX-License-Identifier: Apache-2.0
// Which addresses Weir connects to: public ones, the operator's exceptions, and never itself.  Pure; immutable, so any
// thread may ask.
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "upstream/options.h"

namespace weir::upstream {

class AddressPolicy {
 public:
  // `own`: the endpoint that Weir itself listens on.
  AddressPolicy(ReachOptions options, Endpoint own);

  bool allows(const Endpoint& target) const;

 private:
  std::vector<Cidr> allow_private_;
  Endpoint own_;
};

}  // namespace weir::upstream
