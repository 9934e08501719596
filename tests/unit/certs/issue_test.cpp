// SPDX-License-Identifier: Apache-2.0
#include "certs/issue.h"

#include <gmock/gmock.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <set>

#include "tests/unit/certs/support.h"

namespace weir::certs {
namespace {

TEST(MakeKey, makes_another_p256_key_each_time) {
  auto key = make_key().value();
  char group[64] = {};
  ASSERT_EQ(EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr), 1);
  EXPECT_STREQ(group, "prime256v1");
  EXPECT_NE(EVP_PKEY_eq(key.get(), make_key()->get()), 1);
}

TEST(Issue, serial_numbers_are_positive_long_and_never_the_same) {
  auto key = make_key().value();
  std::set<std::string> seen;
  int longest = 0;
  for (int i = 0; i < 64; ++i) {
    auto certificate = issue_self_signed({"a", kNow, kNow + kDay, {}}, key).value();
    const auto* serial = X509_get0_serialNumber(certificate.get());
    EXPECT_EQ(ASN1_STRING_type(serial), V_ASN1_INTEGER);  // not V_ASN1_NEG_INTEGER
    longest = std::max(longest, ASN1_STRING_length(serial));
    seen.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                 static_cast<size_t>(ASN1_STRING_length(serial)));
  }
  EXPECT_EQ(seen.size(), 64U);
  EXPECT_EQ(longest, 16);
}

TEST(Issue, says_which_extension_is_wrong) {
  auto made = issue_self_signed({"a", kNow, kNow + kDay, {{NID_basic_constraints, "CA:PERHAPS"}}}, make_key().value());
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, testing::HasSubstr("basicConstraints"));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace weir::certs
