// SPDX-License-Identifier: Apache-2.0
#include "certs/openssl_support.h"

#include <gmock/gmock.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "tests/unit/certs/support.h"

namespace weir::certs {
namespace {

struct FreeTime {
  void operator()(ASN1_TIME* time) const { ASN1_TIME_free(time); }
};
using Time = std::unique_ptr<ASN1_TIME, FreeTime>;

std::string some_pem() {
  return to_pem(to_der(make_authority_with(authority_extensions({"hf.co"})).certificate).value()).value();
}

std::string key_pem() {
  auto bio = write_to_secure_memory();
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), make_key()->get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  return std::string(written(bio));
}

TEST(OpensslTime, survives_the_way_there_and_back) {
  Time time(ASN1_TIME_new());
  for (auto moment : {kNow, kNow + 40 * 365 * kDay, WallTime{}}) {  // UTCTime, GeneralizedTime (from 2050), 1970
    ASSERT_TRUE(set_time(time.get(), moment));
    EXPECT_EQ(to_wall_time(time.get()), moment);
  }
}

TEST(OpensslTime, a_certificate_without_an_end_ends_as_late_as_can_be) {
  Time time(ASN1_TIME_new());
  ASSERT_EQ(ASN1_TIME_set_string(time.get(), "99991231235959Z"), 1);
  EXPECT_GT(to_wall_time(time.get()).value(), kNow + 200 * 365 * kDay);
}

TEST(CertificatesIn, gives_them_in_order_and_passes_over_all_else) {
  auto first = some_pem();
  auto second = some_pem();
  auto text = "# A company's root\n" + first + key_pem() + "\ntext\n" + second + "the end";
  auto found = certificates_in(text);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(to_pem((*found)[0]), first);
  EXPECT_EQ(to_pem((*found)[1]), second);
}

TEST(CertificatesIn, an_empty_text_has_none) {
  EXPECT_EQ(certificates_in("").value().size(), 0U);
}

TEST(CertificatesIn, at_every_cut_gives_whole_certificates_or_an_error) {
  auto text = some_pem() + some_pem();
  auto all = certificates_in(text).value();
  for (size_t cut = 0; cut < text.size(); ++cut) {
    auto found = certificates_in(std::string_view(text).substr(0, cut));
    EXPECT_EQ(ERR_peek_error(), 0U) << "cut after byte " << cut;
    if (!found) continue;
    ASSERT_LE(found->size(), all.size());
    EXPECT_TRUE(std::equal(found->begin(), found->end(), all.begin())) << "cut after byte " << cut;
  }
  EXPECT_FALSE(certificates_in(text.substr(0, text.size() / 2 + 100)));
}

TEST(CertificatesIn, refuses_a_block_that_is_no_certificate) {
  auto text = some_pem() + to_pem("no certificate").value();
  auto found = certificates_in(text);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), (Error{ErrorCode::invalid, "certificate 2 is damaged"}));
}

TEST(CertificatesIn, refuses_bytes_behind_a_certificate) {
  auto der = certificates_in(some_pem()).value().front() + "x";
  EXPECT_FALSE(certificates_in(to_pem(der).value()));
}

}  // namespace
}  // namespace weir::certs
