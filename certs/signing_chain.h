// SPDX-License-Identifier: Apache-2.0
// Who signs the leaves, and whom clients trust for it.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "certs/openssl_support.h"

namespace weir::certs {

struct KeyPair {
  Certificate certificate;
  PrivateKey key;
};

struct SigningChain {
  KeyPair signer;
  std::vector<Certificate> sent;  // what servers send behind a leaf: from the signer upwards, without a root
  Certificate anchor;             // what clients are to trust
};

enum class Strictness {
  usual,   // what every client demands
  strict,  // the letter of RFC 5280, which Python 3.13 and newer demand
};

// Why a client that trusts the anchor alone would refuse a server of `host` with this leaf and chain; "" when it would
// not.  Keys and hashes below 112 bits of security count as faults.
std::string fault_of(const SigningChain& chain, const Certificate& leaf, const std::string& host, WallTime now,
                     Strictness strictness);

}  // namespace weir::certs
