// SPDX-License-Identifier: Apache-2.0
// The name constraints of a CA (RFC 5280, section 4.2.1.10): permitted are some DNS subtrees, excluded all IP
// addresses.  A CA that says nothing of addresses may sign any of them, whatever DNS names it permits.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "certs/openssl_support.h"

namespace weir::certs {

// The extension's value for x509v3_config(5).  The names are canonical, and there is at least one.
std::string name_constraints_for(const std::vector<std::string>& names);

// The DNS subtrees that the CA permits, at least one.  Errors: invalid when it has no critical constraints, permits no
// DNS subtree, or does not exclude all addresses.
Result<std::vector<std::string>> permitted_names(const Certificate& authority);

}  // namespace weir::certs
