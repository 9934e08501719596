// SPDX-License-Identifier: Apache-2.0
// Makes keys and signs certificates: X.509 v3 (RFC 5280), ECDSA P-256 with SHA-256, a serial number of 127 random bits.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "certs/openssl_support.h"

namespace weir::certs {

struct Extension {
  int nid;            // OpenSSL's number (NID_...)
  std::string value;  // as in openssl's x509v3_config(5); built from checked names only
};

// What a certificate says of its holder.
struct Contents {
  std::string common_name;  // at most 64 bytes; empty: an empty subject
  WallTime not_before;
  WallTime not_after;
  std::vector<Extension> extensions;
};

Result<PrivateKey> make_key();

// Signed by its own key.
Result<Certificate> issue_self_signed(const Contents& contents, const PrivateKey& key);

// For the holder's key, signed by the issuer's.
Result<Certificate> issue(const Contents& contents, const PrivateKey& key, const Certificate& issuer,
                          const PrivateKey& issuer_key);

}  // namespace weir::certs
