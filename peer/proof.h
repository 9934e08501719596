// SPDX-License-Identifier: Apache-2.0
// How each of two Weirs proves to the other that it knows a join code's secret, on the TLS connection between them and
// on no other: HMAC-SHA-256 under the secret over the connection's exporter (RFC 8446, section 7.5), both keys, and who
// speaks.  A man in the middle has two connections, with two exporters.  Pure.
#pragma once

#include "base/digest.h"
#include "base/secret.h"

namespace weir::peer {

enum class Role {
  host,   // who invited
  guest,  // who was given the code
};

// What a proof is bound to.
struct Binding {
  Sha256 exporter;
  Sha256 host;  // SPKI hashes
  Sha256 guest;
};

Sha256 proof_of(const Secret& secret, const Binding& binding, Role role);

// In a time that does not depend on where they differ.
bool same_proof(const Sha256& one, const Sha256& other);

}  // namespace weir::peer
