// SPDX-License-Identifier: Apache-2.0
#include "certs/authority_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "tests/unit/certs/support.h"

namespace weir::certs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class AuthorityFilesTest : public testing::Test {
 protected:
  KeyPair written_pair() {
    auto pair = make_authority_with(authority_extensions({"hf.co"}));
    EXPECT_TRUE(files_.write(pair));
    return pair;
  }

  // The refusal says how to get a new CA.
  void expect_refused(ErrorCode code, const std::string& complaint) {
    auto pair = files_.read();
    ASSERT_FALSE(pair);
    EXPECT_EQ(pair.error().code, code);
    EXPECT_THAT(pair.error().message, AllOf(HasSubstr(complaint), HasSubstr("weir ca renew")));
    EXPECT_EQ(ERR_peek_error(), 0U);
  }

  static std::string some_certificate() { return to_pem(to_der(make_authority_with({}).certificate).value()).value(); }

  TemporaryFolder folder_;
  AuthorityFiles files_{folder_.path()};
};

TEST_F(AuthorityFilesTest, gives_back_what_was_written) {
  auto pair = written_pair();
  auto read = files_.read();
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(X509_cmp((*read)->certificate.get(), pair.certificate.get()), 0);
  EXPECT_EQ(EVP_PKEY_eq((*read)->key.get(), pair.key.get()), 1);
}

TEST_F(AuthorityFilesTest, modes_hold_under_any_umask) {
  for (mode_t mask : {mode_t{0}, mode_t{0077}, mode_t{0777}}) {
    auto before = ::umask(mask);
    written_pair();
    ::umask(before);
    EXPECT_EQ(mode_of(folder_ / "ca.key"), 0600U) << "umask " << mask;
    EXPECT_EQ(mode_of(folder_ / "ca.pem"), 0644U) << "umask " << mask;
  }
}

TEST_F(AuthorityFilesTest, the_certificates_file_holds_no_key) {
  written_pair();
  EXPECT_THAT(read_text(folder_ / "ca.pem"), testing::Not(HasSubstr("PRIVATE")));
}

TEST_F(AuthorityFilesTest, nothing_where_no_certificate_is) {
  EXPECT_FALSE(files_.read().value().has_value());
  write_text(folder_ / "ca.key", "left by an interrupted maker");
  EXPECT_FALSE(files_.read().value().has_value());
}

TEST_F(AuthorityFilesTest, refuses_a_key_that_others_may_use) {
  written_pair();
  for (auto mode : std::initializer_list<mode_t>{0640, 0620, 0610, 0604, 0602, 0601}) {
    ASSERT_EQ(::chmod((folder_ / "ca.key").c_str(), mode), 0);
    expect_refused(ErrorCode::refused, "others than its owner");
  }
  ASSERT_EQ(::chmod((folder_ / "ca.key").c_str(), 0400), 0);
  EXPECT_TRUE(files_.read());
}

TEST_F(AuthorityFilesTest, refuses_a_missing_key) {
  written_pair();
  std::filesystem::remove(folder_ / "ca.key");
  expect_refused(ErrorCode::invalid, "is missing");
}

TEST_F(AuthorityFilesTest, refuses_another_certificates_key) {
  written_pair();
  auto key = read_text(folder_ / "ca.key");
  written_pair();
  write_text(folder_ / "ca.key", key);
  expect_refused(ErrorCode::invalid, "is not the key of");
}

TEST_F(AuthorityFilesTest, refuses_a_damaged_certificate) {
  written_pair();
  write_text(folder_ / "ca.pem", "");
  expect_refused(ErrorCode::invalid, "holds no certificate");
}

TEST_F(AuthorityFilesTest, a_key_cut_anywhere_is_refused) {
  written_pair();
  auto text = read_text(folder_ / "ca.key");
  auto last = text.find("-----END") + std::string_view("-----END PRIVATE KEY----").size();
  for (size_t cut = 0; cut <= last; ++cut) {
    write_text(folder_ / "ca.key", text.substr(0, cut));
    expect_refused(ErrorCode::invalid, "holds no private key");
  }
}

TEST_F(AuthorityFilesTest, an_encrypted_key_is_refused_without_a_question) {
  auto pair = written_pair();
  auto bio = write_to_memory();
  char password[] = "secret";
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), pair.key.get(), EVP_aes_128_cbc(), password, 6, nullptr, nullptr),
            1);
  write_text(folder_ / "ca.key", written(bio));
  expect_refused(ErrorCode::invalid, "is encrypted");
}

TEST_F(AuthorityFilesTest, a_ca_set_aside_keeps_its_key) {
  auto first = written_pair();
  auto key = read_text(folder_ / "ca.key");
  auto mark = mark_of(fingerprint_of(first.certificate).value());
  ASSERT_TRUE(files_.set_aside());
  EXPECT_FALSE(files_.read().value().has_value());
  auto second = written_pair();
  EXPECT_EQ(read_text(folder_ / "old" / (mark + ".key")), key);
  EXPECT_EQ(mode_of(folder_ / "old" / (mark + ".key")), 0600U);
  EXPECT_THAT(files_.made().value(),
              ElementsAre(to_der(first.certificate).value(), to_der(second.certificate).value()));
}

TEST_F(AuthorityFilesTest, what_is_damaged_can_be_set_aside) {
  written_pair();
  write_text(folder_ / "ca.pem", "damaged");
  std::filesystem::remove(folder_ / "ca.key");
  ASSERT_TRUE(files_.set_aside());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ca.pem"));
  EXPECT_THAT(files_.given().value(), IsEmpty());
  ASSERT_TRUE(files_.set_aside());  // nothing is there now
  written_pair();
  EXPECT_TRUE(files_.read());
}

TEST_F(AuthorityFilesTest, a_companys_certificates_are_given_but_not_weirs) {
  auto pair = written_pair();
  auto one = some_certificate(), two = some_certificate();
  EXPECT_EQ(files_.keep_company(one), folder_ / "company.pem");
  EXPECT_EQ(files_.keep_company(one), folder_ / "company.pem");
  EXPECT_EQ(files_.keep_company(two), folder_ / "company.pem");
  EXPECT_EQ(read_text(folder_ / "company.pem"), two);
  auto weirs = to_der(pair.certificate).value();
  EXPECT_THAT(files_.made().value(), ElementsAre(weirs));
  EXPECT_THAT(files_.given().value(),
              UnorderedElementsAre(weirs, certificates_in(one).value().front(), certificates_in(two).value().front()));
}

TEST_F(AuthorityFilesTest, the_lock_has_one_holder) {
  auto lock = files_.lock();
  ASSERT_TRUE(lock);
  UniqueFd other(::open((folder_ / "ca.lock").c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_NE(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
  lock->reset();
  EXPECT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
}

}  // namespace
}  // namespace weir::certs
