// SPDX-License-Identifier: Apache-2.0
#include "peer/proof.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace weir::peer {
namespace {

const Binding kBinding{sha256("exporter"), sha256("host"), sha256("guest")};
const Secret kSecret("0123456789");

TEST(Proof, is_the_hmac_of_what_it_is_bound_to) {
  auto text = [](const Sha256& digest) { return std::string(digest.bytes.begin(), digest.bytes.end()); };
  auto bound = text(kBinding.exporter) + text(kBinding.host) + text(kBinding.guest);
  EXPECT_EQ(proof_of(kSecret, kBinding, Role::host), hmac_sha256("0123456789", bound + "host"));
  EXPECT_EQ(proof_of(kSecret, kBinding, Role::guest), hmac_sha256("0123456789", bound + "guest"));
}

TEST(Proof, is_another_for_each_secret_connection_key_and_role) {
  auto other = sha256("other");
  std::set<Sha256> proofs{
      proof_of(kSecret, kBinding, Role::host),
      proof_of(kSecret, kBinding, Role::guest),
      proof_of(Secret("0123456780"), kBinding, Role::host),
      proof_of(kSecret, {other, kBinding.host, kBinding.guest}, Role::host),
      proof_of(kSecret, {kBinding.exporter, other, kBinding.guest}, Role::host),
      proof_of(kSecret, {kBinding.exporter, kBinding.host, other}, Role::host),
      proof_of(kSecret, {kBinding.exporter, kBinding.guest, kBinding.host}, Role::host),
  };
  EXPECT_EQ(proofs.size(), 7u);
}

TEST(Proof, is_compared_as_a_whole) {
  auto proof = proof_of(kSecret, kBinding, Role::host);
  EXPECT_TRUE(same_proof(proof, proof));
  for (size_t i = 0; i < proof.bytes.size(); ++i) {
    auto other = proof;
    other.bytes[i] ^= 1;
    EXPECT_FALSE(same_proof(proof, other));
  }
}

}  // namespace
}  // namespace weir::peer
