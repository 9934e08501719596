// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "certs/openssl_support.h"

namespace weir::certs {

// A certificate for one host with a key of its own.  Never changes; copies share both.
struct LeafCertificate {
  std::string host;  // lower case, no trailing dot; the one name in the certificate
  WallTime not_before;
  WallTime not_after;
  Certificate certificate;
  PrivateKey key;
  std::vector<Certificate> chain;  // what a server sends behind it, without a root
};

}  // namespace weir::certs
