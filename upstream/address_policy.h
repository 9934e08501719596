// SPDX-License-Identifier: Apache-2.0
// Which addresses Weir connects to: public ones, the operator's exceptions, and never itself.  Any thread may ask, and
// change the exceptions.
#pragma once

#include <mutex>
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
  // Holds for connections that are made from now on.
  void set(ReachOptions options);

 private:
  mutable std::mutex mutex_;
  std::vector<Cidr> allow_private_;  // guarded by mutex_
  const Endpoint own_;
};

}  // namespace weir::upstream
