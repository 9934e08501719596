// SPDX-License-Identifier: Apache-2.0
#include "certs/certificate_authority.h"

#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <latch>
#include <thread>

#include "tests/unit/certs/support.h"

namespace weir::certs {
namespace {

using namespace std::string_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string bytes_of(const ASN1_STRING* string) {
  if (!string) return "";
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::string common_name(const Certificate& certificate) {
  char text[256] = {};
  int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, text, sizeof text);
  return size < 0 ? "" : text;
}

bool is_critical(const Certificate& certificate, int nid) {
  int place = X509_get_ext_by_NID(certificate.get(), nid, -1);
  return place >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate.get(), place)) == 1;
}

// The subjectAltName as "DNS:a IP:..", in its order.
std::string alternative_names(const Certificate& certificate) {
  auto free = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  std::unique_ptr<GENERAL_NAMES, decltype(free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)), free);
  std::string text;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = -1;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
    text += (text.empty() ? "" : " ") + std::string(kind == GEN_DNS ? "DNS:" : "other:");
    text += bytes_of(static_cast<const ASN1_STRING*>(value));
  }
  return text;
}

class CertificateAuthorityTest : public testing::Test {
 protected:
  Options options() const { return {folder_ / "ca", {"huggingface.co", "hf.co"}}; }
  std::unique_ptr<CertificateAuthority> open() { return CertificateAuthority::open_or_create(options(), kNow).value(); }
  KeyPair pair() { return AuthorityFiles(options().folder).read().value().value(); }

  void expect_refused(const Options& asked, WallTime now, const std::string& complaint) {
    auto authority = CertificateAuthority::open_or_create(asked, now);
    ASSERT_FALSE(authority);
    EXPECT_EQ(authority.error().code, ErrorCode::invalid);
    EXPECT_THAT(authority.error().message, AllOf(HasSubstr(complaint), HasSubstr("weir ca renew")));
  }

  TemporaryFolder folder_;
};

TEST_F(CertificateAuthorityTest, the_ca_is_what_was_promised) {
  auto authority = open();
  auto* certificate = authority->certificate().get();
  EXPECT_EQ(X509_get_version(certificate), X509_VERSION_3);
  EXPECT_THAT(common_name(authority->certificate()), MatchesRegex("Weir CA [0-9a-f]{8}"));
  EXPECT_EQ(X509_check_ca(certificate), 1);
  EXPECT_EQ(X509_get_pathlen(certificate), 0);
  EXPECT_EQ(X509_get_key_usage(certificate), static_cast<uint32_t>(KU_KEY_CERT_SIGN | KU_CRL_SIGN));
  EXPECT_EQ(bytes_of(X509_get0_subject_key_id(certificate)).size(), 20U);
  for (int nid : {NID_basic_constraints, NID_key_usage, NID_name_constraints})
    EXPECT_TRUE(is_critical(authority->certificate(), nid)) << OBJ_nid2sn(nid);
  EXPECT_EQ(X509_get_signature_nid(certificate), NID_ecdsa_with_SHA256);
  EXPECT_THAT(authority->permitted(), ElementsAre("huggingface.co", "hf.co"));
  EXPECT_EQ(authority->not_before(), kNow - kCaBackdate);
  EXPECT_EQ(authority->not_after(), kNow + kCaLifetime);
}

TEST_F(CertificateAuthorityTest, the_files_have_their_modes) {
  open();
  EXPECT_EQ(mode_of(folder_ / "ca/ca.key"), 0600U);
  EXPECT_EQ(mode_of(folder_ / "ca/ca.pem"), 0644U);
}

TEST_F(CertificateAuthorityTest, survives_a_restart) {
  auto first = open();
  EXPECT_EQ(open()->fingerprint(), first->fingerprint());
  auto loaded = CertificateAuthority::load(options().folder, kNow);
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->fingerprint(), first->fingerprint());
  EXPECT_EQ((*loaded)->ca_pem(), read_text(CertificateAuthority::certificate_path(options().folder)));
}

TEST_F(CertificateAuthorityTest, no_two_installations_share_a_name_or_key) {
  auto one = CertificateAuthority::open_or_create({folder_ / "one", {"hf.co"}}, kNow).value();
  auto two = CertificateAuthority::open_or_create({folder_ / "two", {"hf.co"}}, kNow).value();
  EXPECT_NE(common_name(one->certificate()), common_name(two->certificate()));
  EXPECT_NE(one->fingerprint(), two->fingerprint());
}

TEST_F(CertificateAuthorityTest, load_makes_nothing) {
  EXPECT_FALSE(CertificateAuthority::load(options().folder, kNow).value().has_value());
  EXPECT_FALSE(std::filesystem::exists(options().folder));
}

TEST_F(CertificateAuthorityTest, what_an_interrupted_maker_left_is_replaced) {
  std::filesystem::create_directory(options().folder);
  write_text(options().folder / "ca.pem.new", "a certificate");
  write_text(options().folder / "ca.key", "half a key");
  open();
  EXPECT_FALSE(std::filesystem::exists(options().folder / "ca.pem.new"));
  EXPECT_EQ(verify_strictly(sign_leaf(pair(), "DNS:hf.co"), pair().certificate), X509_V_OK);
}

TEST_F(CertificateAuthorityTest, a_key_that_lost_its_certificate_is_never_replaced) {
  open();
  auto key = read_text(options().folder / "ca.key");
  std::filesystem::remove(options().folder / "ca.pem");
  auto again = CertificateAuthority::open_or_create(options(), kNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::invalid);
  EXPECT_THAT(again.error().message, AllOf(HasSubstr("restore ca.pem"), HasSubstr("move ca.key away")));
  EXPECT_EQ(read_text(options().folder / "ca.key"), key);
  std::filesystem::rename(options().folder / "ca.key", options().folder / "away.key");
  open();
}

TEST_F(CertificateAuthorityTest, a_renewal_keeps_a_key_that_lost_its_certificate) {
  open();
  auto key = read_text(options().folder / "ca.key");
  std::filesystem::remove(options().folder / "ca.pem");
  ASSERT_TRUE(CertificateAuthority::renew(options(), kNow));
  std::filesystem::directory_iterator old(options().folder / "old");
  ASSERT_NE(old, std::filesystem::directory_iterator());
  EXPECT_EQ(read_text(old->path()), key);
  open();
}

TEST_F(CertificateAuthorityTest, the_pem_given_to_clients_holds_no_key_even_if_the_file_does) {
  open();
  write_text(options().folder / "ca.pem",
             read_text(options().folder / "ca.pem") + read_text(options().folder / "ca.key"));
  EXPECT_THAT(open()->ca_pem(), testing::Not(HasSubstr("PRIVATE")));
}

// The fingerprint in hex, or the error's message.
std::string fingerprint_or_error(const Options& options) {
  auto authority = CertificateAuthority::open_or_create(options, kNow);
  return authority ? (*authority)->fingerprint().hex() : authority.error().message;
}

TEST_F(CertificateAuthorityTest, threads_that_start_at_once_get_one_ca) {
  constexpr int kThreads = 8;
  for (int round = 0; round < 10; ++round) {
    Options options{folder_ / ("ca" + std::to_string(round)), {"hf.co"}};
    std::vector<std::string> fingerprints(kThreads);
    std::latch start(kThreads);
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (auto& fingerprint : fingerprints)
      threads.emplace_back([&] {
        start.arrive_and_wait();
        fingerprint = fingerprint_or_error(options);
      });
    for (auto& thread : threads) thread.join();
    EXPECT_THAT(fingerprints, testing::Each(fingerprint_or_error(options)));
  }
}

// Waits until the gate's other end is closed, opens the CA, and ends without running anything of the test's.
[[noreturn]] void open_in_child(int gate, const Options& options, const std::filesystem::path& report) {
  char byte = 0;
  if (::read(gate, &byte, 1) == 0) write_text(report, fingerprint_or_error(options));
  ::_exit(0);
}

TEST_F(CertificateAuthorityTest, processes_that_start_at_once_get_one_ca) {
  int gate[2] = {-1, -1};
  ASSERT_EQ(::pipe(gate), 0);
  std::vector<pid_t> children(4);
  for (size_t i = 0; i < children.size(); ++i) {
    children[i] = ::fork();
    ASSERT_GE(children[i], 0);
    if (children[i] > 0) continue;
    ::close(gate[1]);
    open_in_child(gate[0], options(), folder_ / std::to_string(i));
  }
  ::close(gate[1]);
  ::close(gate[0]);
  for (size_t i = 0; i < children.size(); ++i) {
    ASSERT_EQ(::waitpid(children[i], nullptr, 0), children[i]);
    EXPECT_EQ(read_text(folder_ / std::to_string(i)), fingerprint_or_error(options()));
  }
}

TEST_F(CertificateAuthorityTest, refuses_hosts_that_it_does_not_cover) {
  open();
  expect_refused({options().folder, {"hf.co", "Hub.Example", "other.example"}}, kNow, "hub.example, other.example");
  EXPECT_TRUE(CertificateAuthority::open_or_create({options().folder, {"cdn.hf.co"}}, kNow));
}

TEST_F(CertificateAuthorityTest, is_renewed_for_other_hosts) {
  auto first = open();
  Options wider{options().folder, {"hf.co", "hub.example"}};
  auto second = CertificateAuthority::renew(wider, kNow).value();
  EXPECT_NE(second->fingerprint(), first->fingerprint());
  EXPECT_THAT(second->permitted(), ElementsAre("hf.co", "hub.example"));
  EXPECT_NE(EVP_PKEY_eq(X509_get0_pubkey(second->certificate().get()), X509_get0_pubkey(first->certificate().get())),
            1);
  EXPECT_EQ(CertificateAuthority::open_or_create(wider, kNow).value()->fingerprint(), second->fingerprint());
  // Towards the origin neither is trusted.
  EXPECT_THAT(second->own_pem(), AllOf(HasSubstr(first->ca_pem()), HasSubstr(second->ca_pem())));
}

TEST_F(CertificateAuthorityTest, a_ca_that_cannot_be_used_is_renewed) {
  auto end = open()->not_after();
  write_text(options().folder / "ca.key", "damaged");
  EXPECT_FALSE(CertificateAuthority::open_or_create(options(), kNow));
  ASSERT_TRUE(CertificateAuthority::renew(options(), kNow));
  EXPECT_TRUE(CertificateAuthority::renew(options(), end + kDay));
  EXPECT_TRUE(CertificateAuthority::open_or_create(options(), end + kDay));
}

TEST_F(CertificateAuthorityTest, hosts_that_no_ca_can_be_bound_to_leave_the_old_one) {
  auto first = open();
  EXPECT_FALSE(CertificateAuthority::renew({options().folder, {"10.0.0.1"}}, kNow));
  EXPECT_EQ(open()->fingerprint(), first->fingerprint());
}

TEST_F(CertificateAuthorityTest, warns_a_month_before_its_end) {
  auto authority = open();
  auto end = authority->not_after();
  EXPECT_THAT(authority->warnings(end - kWarnOfCaEnd - kDay), testing::IsEmpty());
  EXPECT_THAT(authority->warnings(end - kWarnOfCaEnd),
              ElementsAre(AllOf(HasSubstr("in 30 days"), HasSubstr("weir ca renew"))));
  EXPECT_THAT(authority->warnings(end - kDay), ElementsAre(HasSubstr("in 1 day:")));
}

TEST_F(CertificateAuthorityTest, refuses_hosts_that_no_ca_can_be_bound_to) {
  for (const auto& hosts : std::vector<std::vector<std::string>>{{}, {""}, {"10.0.0.1"}, {"hf.co", "*.hf.co"}}) {
    auto authority = CertificateAuthority::open_or_create({options().folder, hosts}, kNow);
    ASSERT_FALSE(authority);
    EXPECT_EQ(authority.error().code, ErrorCode::invalid);
  }
  EXPECT_FALSE(std::filesystem::exists(options().folder));
}

TEST_F(CertificateAuthorityTest, refuses_a_ca_out_of_its_time) {
  auto end = open()->not_after();
  EXPECT_TRUE(CertificateAuthority::open_or_create(options(), end));
  expect_refused(options(), end + std::chrono::seconds(1), "expired");
  expect_refused(options(), kNow - kCaBackdate - std::chrono::seconds(1), "clock");
}

TEST_F(CertificateAuthorityTest, refuses_a_ca_that_could_sign_too_much_or_nothing) {
  AuthorityFiles files(options().folder);
  ASSERT_TRUE(files.lock());
  auto extensions = authority_extensions({"huggingface.co", "hf.co"});
  extensions.pop_back();
  ASSERT_TRUE(files.write(make_authority_with(extensions)));
  expect_refused(options(), kNow, "name constraints");
  extensions = authority_extensions({"huggingface.co", "hf.co"});
  extensions[0].value = "critical,CA:FALSE";
  extensions[1].value = "critical,digitalSignature";
  ASSERT_TRUE(files.write(make_authority_with(extensions)));
  expect_refused(options(), kNow, "no CA certificate");
}

TEST_F(CertificateAuthorityTest, a_leaf_is_what_was_promised) {
  auto authority = open();
  auto leaf = authority->mint("CDN-LFS.hf.co.", kNow).value();
  EXPECT_EQ(ERR_peek_error(), 0U);
  auto* certificate = leaf.certificate.get();
  EXPECT_EQ(leaf.host, "cdn-lfs.hf.co");
  EXPECT_EQ(X509_get_version(certificate), X509_VERSION_3);
  EXPECT_EQ(alternative_names(leaf.certificate), "DNS:cdn-lfs.hf.co");
  EXPECT_EQ(X509_get_key_usage(certificate), static_cast<uint32_t>(KU_DIGITAL_SIGNATURE));
  EXPECT_TRUE(is_critical(leaf.certificate, NID_key_usage));
  EXPECT_EQ(X509_get_extended_key_usage(certificate), static_cast<uint32_t>(XKU_SSL_SERVER));
  EXPECT_EQ(bytes_of(X509_get0_authority_key_id(certificate)),
            bytes_of(X509_get0_subject_key_id(authority->certificate().get())));
  EXPECT_EQ(bytes_of(X509_get0_subject_key_id(certificate)).size(), 20U);
  EXPECT_EQ(X509_get_signature_nid(certificate), NID_ecdsa_with_SHA256);
  EXPECT_EQ(X509_check_private_key(certificate, leaf.key.get()), 1);
  EXPECT_NE(X509_check_private_key(authority->certificate().get(), leaf.key.get()), 1);
  EXPECT_EQ(X509_check_ca(certificate), 0);
}

TEST_F(CertificateAuthorityTest, a_leafs_times_are_what_was_promised) {
  auto leaf = open()->mint("hf.co", kNow + std::chrono::milliseconds(300)).value();
  EXPECT_GE(kNow - leaf.not_before, std::chrono::hours(24));
  EXPECT_LE(kNow - leaf.not_before, std::chrono::hours(48));
  EXPECT_LE(leaf.not_after - leaf.not_before, 90 * kDay);
  EXPECT_EQ(to_wall_time(X509_get0_notBefore(leaf.certificate.get())), leaf.not_before);
  EXPECT_EQ(to_wall_time(X509_get0_notAfter(leaf.certificate.get())), leaf.not_after);
}

TEST_F(CertificateAuthorityTest, a_leaf_never_leaves_the_cas_time) {
  auto authority = open();
  auto last = authority->mint("hf.co", authority->not_after() - kDay).value();
  EXPECT_EQ(last.not_after, authority->not_after());
  auto first = authority->mint("hf.co", authority->not_before()).value();
  EXPECT_EQ(first.not_before, authority->not_before());
  for (auto outside :
       {authority->not_before() - std::chrono::seconds(1), authority->not_after() + std::chrono::seconds(1)})
    EXPECT_EQ(authority->mint("hf.co", outside).error().code, ErrorCode::refused);
}

TEST_F(CertificateAuthorityTest, openssl_verifies_leaves_strictly) {
  auto authority = open();
  // The last is too long for a common name.
  for (const std::string& host : {"huggingface.co"s, "us.aws.cdn.hf.co"s, std::string(62, 'a') + ".hf.co"}) {
    auto leaf = authority->mint(host, kNow).value();
    EXPECT_EQ(verify_strictly(leaf.certificate, authority->certificate(), host), X509_V_OK) << host;
    EXPECT_EQ(verify_strictly(leaf.certificate, authority->certificate(), "other.hf.co"), X509_V_ERR_HOSTNAME_MISMATCH);
    EXPECT_EQ(verify_strictly(leaf.certificate, authority->certificate(), host, leaf.not_after + kDay),
              X509_V_ERR_CERT_HAS_EXPIRED);
  }
}

struct ForgedCase {
  std::string name;
  std::string alternative_name;
  int verdict;
};

class ForgedLeafTest : public CertificateAuthorityTest, public testing::WithParamInterface<ForgedCase> {};

TEST_P(ForgedLeafTest, is_judged_by_the_name_constraints) {
  open();
  EXPECT_EQ(verify_strictly(sign_leaf(pair(), GetParam().alternative_name), pair().certificate), GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(
    , ForgedLeafTest,
    testing::Values(ForgedCase{"permitted", "DNS:cdn.huggingface.co", X509_V_OK},
                    ForgedCase{"other_name", "DNS:other.example", X509_V_ERR_PERMITTED_VIOLATION},
                    ForgedCase{"look_alike", "DNS:nothuggingface.co", X509_V_ERR_PERMITTED_VIOLATION},
                    ForgedCase{"one_of_two", "DNS:hf.co,DNS:other.example", X509_V_ERR_PERMITTED_VIOLATION},
                    ForgedCase{"ipv4", "IP:127.0.0.1", X509_V_ERR_EXCLUDED_VIOLATION},
                    ForgedCase{"ipv6", "IP:2001:db8::1", X509_V_ERR_EXCLUDED_VIOLATION}),
    [](const auto& test) { return test.param.name; });

TEST_F(CertificateAuthorityTest, an_intermediate_ca_is_beyond_the_path_length) {
  open();
  KeyPair child{nullptr, make_key().value()};
  auto extensions = authority_extensions({"hf.co"});
  extensions.push_back({NID_authority_key_identifier, "keyid:always"});
  child.certificate =
      issue({"Child", kNow - kDay, kNow + kDay, extensions}, child.key, pair().certificate, pair().key).value();
  EXPECT_EQ(verify_strictly(sign_leaf(child, "DNS:hf.co"), pair().certificate, "hf.co", kNow, child.certificate),
            X509_V_ERR_PATH_LENGTH_EXCEEDED);
}

struct MintCase {
  std::string host;
  ErrorCode code;
};

class MintRefusalTest : public CertificateAuthorityTest, public testing::WithParamInterface<MintCase> {};

TEST_P(MintRefusalTest, mints_nothing) {
  auto leaf = open()->mint(GetParam().host, kNow);
  ASSERT_FALSE(leaf);
  EXPECT_EQ(leaf.error().code, GetParam().code) << leaf.error().message;
}

INSTANTIATE_TEST_SUITE_P(, MintRefusalTest,
                         testing::Values(MintCase{"other.example", ErrorCode::refused},
                                         MintCase{"nothf.co", ErrorCode::refused},
                                         MintCase{"hf.co.example", ErrorCode::refused},
                                         MintCase{"co", ErrorCode::refused}, MintCase{"", ErrorCode::invalid},
                                         MintCase{"*.hf.co", ErrorCode::invalid},
                                         MintCase{"127.0.0.1", ErrorCode::invalid}, MintCase{"::1", ErrorCode::invalid},
                                         MintCase{"hf.co,DNS:other.example", ErrorCode::invalid},
                                         MintCase{std::string("other.example\0.hf.co", 20), ErrorCode::invalid}));

}  // namespace
}  // namespace weir::certs
