// SPDX-License-Identifier: Apache-2.0
#include "peer/proof.h"

#include <openssl/crypto.h>

#include <string>

namespace weir::peer {
namespace {

std::string_view bytes_of(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

}  // namespace

Sha256 proof_of(const Secret& secret, const Binding& binding, Role role) {
  std::string text;
  for (const auto* part : {&binding.exporter, &binding.host, &binding.guest}) text += bytes_of(*part);
  text += role == Role::host ? "host" : "guest";
  return hmac_sha256(secret.reveal(), text);
}

bool same_proof(const Sha256& one, const Sha256& other) {
  return CRYPTO_memcmp(one.bytes.data(), other.bytes.data(), one.bytes.size()) == 0;
}

}  // namespace weir::peer
