// SPDX-License-Identifier: Apache-2.0
#include "certs/company_authority.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "certs/certificate_authority.h"
#include "tests/unit/certs/support.h"

namespace weir::certs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Extensions = std::vector<Extension>;

const Extension kCa{NID_basic_constraints, "critical,CA:TRUE"};
const Extension kLastCa{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"};
const Extension kSigns{NID_key_usage, "critical,keyCertSign,cRLSign"};
const Extension kOwnId{NID_subject_key_identifier, "hash"};
const Extension kIssuerId{NID_authority_key_identifier, "keyid:always"};

PrivateKey rsa_key(unsigned bits) {
  return own(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(bits)));
}

std::string pem_of(const Certificate& certificate) {
  return to_pem(to_der(certificate).value()).value();
}

class CompanyAuthorityTest : public testing::Test {
 protected:
  // Signs a CA with the company's root.
  KeyPair sub_ca(const Extensions& extensions, PrivateKey key = make_key().value(), WallTime not_before = kNow - kDay,
                 WallTime not_after = kNow + 40 * kDay) {
    return {issue({"Company Sub CA", not_before, not_after, extensions}, key, root_.certificate, root_.key).value(),
            key};
  }
  KeyPair good_sub_ca() { return sub_ca({kLastCa, kSigns, kOwnId, kIssuerId}); }

  void write_files(const std::string& certificates, const PrivateKey& key) {
    write_text(certificates_, certificates);
    write_key(key, nullptr);
  }
  void write_key(const PrivateKey& key, const EVP_CIPHER* cipher) {
    auto bio = write_to_memory();
    char password[] = "secret";
    PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), cipher, cipher ? password : nullptr, cipher ? 6 : 0, nullptr,
                                  nullptr);
    write_text(key_, written(bio));
    ASSERT_EQ(::chmod(key_.c_str(), 0600), 0);
  }

  Result<std::unique_ptr<CertificateAuthority>> open(std::vector<std::string> hosts = {"huggingface.co", "hf.co"},
                                                     WallTime now = kNow) {
    return CertificateAuthority::open_or_create({folder_ / "ca", std::move(hosts), certificates_, key_}, now);
  }
  void expect_refused(const std::string& complaint, WallTime now = kNow) {
    auto authority = open({"huggingface.co", "hf.co"}, now);
    ASSERT_FALSE(authority) << complaint;
    EXPECT_THAT(authority.error().message, AllOf(HasSubstr(complaint), HasSubstr(certificates_.string())));
  }
  void expect_refused(const KeyPair& sub, const std::string& complaint) {
    write_files(pem_of(sub.certificate) + pem_of(root_.certificate), sub.key);
    expect_refused(complaint);
  }

  // A client that trusts the company's root alone takes the leaf, to the letter of RFC 5280.
  void expect_accepted(const CertificateAuthority& authority, const KeyPair& sub) {
    auto leaf = authority.mint("cdn.hf.co", kNow).value();
    EXPECT_EQ(verify_strictly(leaf.certificate, root_.certificate, "cdn.hf.co", kNow, sub.certificate), X509_V_OK);
    EXPECT_LE(leaf.not_after, authority.not_after());
    ASSERT_EQ(leaf.chain.size(), 1U);
    EXPECT_EQ(X509_cmp(leaf.chain.front().get(), sub.certificate.get()), 0);
    EXPECT_THAT(authority.warnings(kNow), IsEmpty());
  }

  TemporaryFolder folder_;
  std::filesystem::path certificates_ = folder_ / "sub ca.pem";
  std::filesystem::path key_ = folder_ / "sub ca.key";
  KeyPair root_ = make_authority_with({kCa, kSigns, kOwnId});
};

TEST_F(CompanyAuthorityTest, signs_with_either_kind_of_key) {
  for (const auto& key : {make_key().value(), rsa_key(2048)}) {
    auto sub = sub_ca({kLastCa, kSigns, kOwnId, kIssuerId}, key);
    write_files(pem_of(sub.certificate) + pem_of(root_.certificate), sub.key);
    auto authority = open();
    ASSERT_TRUE(authority) << authority.error().message;
    expect_accepted(**authority, sub);
    EXPECT_TRUE((*authority)->is_companys());
    EXPECT_EQ((*authority)->ca_pem(), pem_of(root_.certificate));
    EXPECT_EQ((*authority)->not_after(), kNow + 40 * kDay);
    EXPECT_THAT((*authority)->permitted(), ElementsAre("huggingface.co", "hf.co"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ca/ca.key"));
}

TEST_F(CompanyAuthorityTest, the_root_may_be_left_out) {
  auto sub = good_sub_ca();
  write_files(pem_of(sub.certificate), sub.key);
  auto authority = open().value();
  expect_accepted(*authority, sub);
  EXPECT_EQ(authority->ca_pem(), pem_of(sub.certificate));
}

TEST_F(CompanyAuthorityTest, a_root_may_sign_itself) {
  write_files(pem_of(root_.certificate), root_.key);
  auto authority = open().value();
  auto leaf = authority->mint("hf.co", kNow).value();
  EXPECT_THAT(leaf.chain, IsEmpty());
  EXPECT_EQ(verify_strictly(leaf.certificate, root_.certificate, "hf.co"), X509_V_OK);
}

TEST_F(CompanyAuthorityTest, signs_for_the_configured_hosts_alone) {
  auto sub = good_sub_ca();
  write_files(pem_of(sub.certificate), sub.key);
  EXPECT_EQ(open().value()->mint("other.example", kNow).error().code, ErrorCode::refused);
}

TEST_F(CompanyAuthorityTest, towards_the_origin_the_company_is_trusted_and_weir_is_not) {
  auto sub = good_sub_ca();
  write_files(pem_of(sub.certificate) + pem_of(root_.certificate), sub.key);
  EXPECT_EQ(open().value()->own_pem(), pem_of(sub.certificate));
}

TEST_F(CompanyAuthorityTest, the_chain_may_have_more_links_and_its_earliest_end_counts) {
  auto middle = sub_ca({{NID_basic_constraints, "critical,CA:TRUE,pathlen:1"}, kSigns, kOwnId, kIssuerId},
                       make_key().value(), kNow - kDay, kNow + 10 * kDay);
  auto key = make_key().value();
  auto last = issue({"Last", kNow - kDay, kNow + 40 * kDay, {kLastCa, kSigns, kOwnId, kIssuerId}}, key,
                    middle.certificate, middle.key)
                  .value();
  write_files(pem_of(last) + pem_of(middle.certificate) + pem_of(root_.certificate), key);
  auto authority = open().value();
  auto leaf = authority->mint("hf.co", kNow).value();
  EXPECT_EQ(leaf.not_after, kNow + 10 * kDay);
  EXPECT_EQ(leaf.chain.size(), 2U);
  EXPECT_THAT(authority->warnings(kNow), ElementsAre(AllOf(HasSubstr("in 10 days"), HasSubstr("[ca] cert"))));

  write_files(pem_of(last) + pem_of(root_.certificate) + pem_of(middle.certificate), key);
  expect_refused("certificate 2 did not issue certificate 1");
  write_files(pem_of(root_.certificate) + pem_of(middle.certificate), root_.key);
  expect_refused("certificate 2 did not issue certificate 1");
}

TEST_F(CompanyAuthorityTest, refuses_what_cannot_sign) {
  auto key = make_key().value();
  expect_refused(sub_ca({{NID_basic_constraints, "critical,CA:FALSE"}, kOwnId, kIssuerId}), "CA:TRUE");
  expect_refused(sub_ca({kLastCa, {NID_key_usage, "critical,digitalSignature"}, kOwnId, kIssuerId}), "keyCertSign");
  expect_refused(sub_ca({kLastCa, kSigns, kIssuerId}), "subject key identifier");
  expect_refused({good_sub_ca().certificate, key}, "is not the key of the first certificate");
  expect_refused(sub_ca({kLastCa, kSigns, kOwnId, kIssuerId}, rsa_key(1024)), "weak key");
  expect_refused(sub_ca({kLastCa, kSigns, kOwnId, kIssuerId}, own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))),
                 "neither an RSA nor an EC key");
  expect_refused(sub_ca({kLastCa, kSigns, kOwnId, kIssuerId, {NID_ext_key_usage, "clientAuth"}}), "purpose");
}

TEST_F(CompanyAuthorityTest, refuses_a_weak_hash) {
  auto sub = good_sub_ca();
  ASSERT_GT(X509_sign(sub.certificate.get(), root_.key.get(), EVP_sha1()), 0);
  expect_refused(sub, "weak hash");
}

TEST_F(CompanyAuthorityTest, refuses_a_path_without_room) {
  root_ = make_authority_with({kLastCa, kSigns, kOwnId});
  auto sub = good_sub_ca();
  write_files(pem_of(sub.certificate) + pem_of(root_.certificate), sub.key);
  expect_refused("path length of 0");
}

TEST_F(CompanyAuthorityTest, refuses_a_ca_out_of_its_time) {
  auto sub = good_sub_ca();
  write_files(pem_of(sub.certificate) + pem_of(root_.certificate), sub.key);
  expect_refused("expired on 2026-07-11", kNow + 41 * kDay);
  expect_refused("is not valid before 2026-05-31", kNow - 2 * kDay);
}

TEST_F(CompanyAuthorityTest, its_name_constraints_must_cover_the_hosts) {
  auto sub = sub_ca({kLastCa, kSigns, kOwnId, kIssuerId, {NID_name_constraints, "critical,permitted;DNS:hf.co"}});
  write_files(pem_of(sub.certificate), sub.key);
  auto refused = open({"huggingface.co", "hf.co", "hub.example"});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("huggingface.co, hub.example ("), HasSubstr("intercept.hosts")));
  EXPECT_TRUE(open({"hf.co", "cdn.hf.co"}));
}

TEST_F(CompanyAuthorityTest, warns_of_what_strict_clients_refuse) {
  auto sub = sub_ca({{NID_basic_constraints, "CA:TRUE"}, kSigns, kOwnId, kIssuerId});
  write_files(pem_of(sub.certificate) + pem_of(root_.certificate), sub.key);
  EXPECT_THAT(open().value()->warnings(kNow), ElementsAre(HasSubstr("RFC 5280")));
}

TEST_F(CompanyAuthorityTest, says_what_is_wrong_with_its_files) {
  auto sub = good_sub_ca();
  write_files("no PEM", sub.key);
  expect_refused("holds no certificate");
  write_files(pem_of(sub.certificate), sub.key);
  ASSERT_EQ(::chmod(key_.c_str(), 0640), 0);
  expect_refused("chmod 600");
  write_key(sub.key, EVP_aes_128_cbc());
  expect_refused("is encrypted");
  std::filesystem::remove(key_);
  expect_refused("is missing");
  std::filesystem::remove(certificates_);
  expect_refused("is missing");
}

TEST_F(CompanyAuthorityTest, weir_does_not_renew_it) {
  auto sub = good_sub_ca();
  write_files(pem_of(sub.certificate), sub.key);
  auto renewed = CertificateAuthority::renew({folder_ / "ca", {"hf.co"}, certificates_, key_}, kNow);
  ASSERT_FALSE(renewed);
  EXPECT_THAT(renewed.error().message, HasSubstr("[ca] cert"));
}

}  // namespace
}  // namespace weir::certs
