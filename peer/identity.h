// SPDX-License-Identifier: Apache-2.0
// Who this Weir is to other Weirs: a P-256 key of its own, made at the first start.  Peers know each other by the
// SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280, section 4.1); the certificate around it says nothing and is made
// anew each time.  Immutable; any thread.
#pragma once

#include <filesystem>

#include "base/digest.h"
#include "base/result.h"
#include "certs/openssl_support.h"

namespace weir::peer {

struct Identity {
  certs::Certificate certificate;  // self-signed
  certs::PrivateKey key;
  Sha256 spki;

  // A new one, in memory alone.
  static Result<Identity> make();
  // Blocking.  That of the key in `folder`/peer.key, which is made if there is none (0600).  Errors: io; refused when
  // anybody but the key's owner may read it; invalid when the file holds no P-256 key.
  static Result<Identity> open_or_create(const std::filesystem::path& folder);
};

// Of a certificate's key.  Errors: io.
Result<Sha256> spki_hash(const certs::Certificate& certificate);

// Whether a certificate is what a Weir shows to another: self-signed, of a P-256 key.
bool is_peer_certificate(const certs::Certificate& certificate);

}  // namespace weir::peer
