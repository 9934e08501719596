// SPDX-License-Identifier: Apache-2.0
#include "hub/grant.h"

#include <utility>

namespace weir::hub {

SharedGrant make_grant(const http::Fields& request, std::variant<ResolveRequest, LfsRequest> accepted_for) {
  return std::make_shared<const Grant>(
      Grant{Secret(request.get("Authorization")), Secret(request.get("Cookie")), std::move(accepted_for)});
}

}  // namespace weir::hub
