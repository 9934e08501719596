// SPDX-License-Identifier: Apache-2.0
#include "cli/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "certs/certificate_authority.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string text_of(const std::filesystem::path& path) {
  return read_file(path).value().value();
}

class TrustTest : public testing::Test {
 protected:
  TrustTest() {
    config_.ca = {folder_.path() / "ca", {"hub.example"}};
    company_pem_ = certs::CertificateAuthority::open_or_create({folder_.path() / "company", {"company.example"}})
                       .value()
                       ->ca_pem();
    node_pem_ =
        certs::CertificateAuthority::open_or_create({folder_.path() / "node", {"node.example"}}).value()->ca_pem();
    company_ = folder_.write("company bundle.pem", company_pem_);
    node_ = folder_.write("node.pem", node_pem_);
  }

  TemporaryFolder folder_;
  config::Config config_;
  std::string company_pem_, node_pem_;
  std::filesystem::path company_, node_;
};

TEST_F(TrustTest, bundle_is_the_users_and_weirs) {
  auto files = make_trust_files(config_, {{"SSL_CERT_FILE", company_}}).value();
  EXPECT_EQ(text_of(files.bundle), company_pem_ + text_of(files.ca));
  EXPECT_EQ(files.bundle.parent_path(), config_.ca.folder);
}

TEST_F(TrustTest, nodes_extra_certificates_join_the_bundle) {
  auto files = make_trust_files(config_, {{"REQUESTS_CA_BUNDLE", company_}, {"NODE_EXTRA_CA_CERTS", node_}}).value();
  EXPECT_EQ(text_of(files.bundle), company_pem_ + node_pem_ + text_of(files.ca));
}

TEST_F(TrustTest, a_second_time_in_weirs_environment_makes_the_same) {
  Environment found{{"SSL_CERT_FILE", company_}};
  auto files = make_trust_files(config_, found).value();
  auto text = text_of(files.bundle);
  auto set =
      applied(found, plan_environment(found, {"http://127.0.0.1:1", files.ca, files.bundle, {}, {}}).assignments);
  auto again = make_trust_files(config_, set).value();
  EXPECT_EQ(again.bundle, files.bundle);
  EXPECT_EQ(text_of(again.bundle), text);
  EXPECT_THAT(origin_roots(set, config_.ca.folder).files, ElementsAre(company_));
}

TEST_F(TrustTest, each_set_of_files_has_its_own_bundle) {
  auto one = make_trust_files(config_, {{"SSL_CERT_FILE", company_}}).value();
  auto two = make_trust_files(config_, {{"SSL_CERT_FILE", node_}}).value();
  EXPECT_NE(one.bundle, two.bundle);
  EXPECT_EQ(one.ca, two.ca);
}

TEST_F(TrustTest, a_damaged_file_is_an_error) {
  EXPECT_FALSE(make_trust_files(config_, {{"SSL_CERT_FILE", folder_.write("bad.pem", "no certificate")}}));
}

TEST_F(TrustTest, origin_trusts_what_the_user_trusts) {
  EXPECT_THAT(origin_roots({{"SSL_CERT_FILE", company_}, {"REQUESTS_CA_BUNDLE", node_}}, config_.ca.folder).files,
              ElementsAre(company_, node_));
  EXPECT_THAT(origin_roots({{"SSL_CERT_FILE", company_}, {"REQUESTS_CA_BUNDLE", company_}}, config_.ca.folder).files,
              ElementsAre(company_));
  EXPECT_EQ(origin_roots({{"CURL_CA_BUNDLE", company_}, {"NODE_EXTRA_CA_CERTS", node_}, {"SSL_CERT_FILE", ""}},
                         config_.ca.folder),
            OriginRoots{});
}

TEST_F(TrustTest, origin_never_trusts_weirs_own_files) {
  auto files = make_trust_files(config_, {{"SSL_CERT_FILE", company_}}).value();
  EXPECT_THAT(
      origin_roots({{"SSL_CERT_FILE", files.bundle}, {"REQUESTS_CA_BUNDLE", files.ca}}, config_.ca.folder).files,
      IsEmpty());
}

TEST_F(TrustTest, what_is_no_file_is_warned_about) {
  auto roots =
      origin_roots({{"SSL_CERT_FILE", "/nonexistent.pem"}, {"REQUESTS_CA_BUNDLE", folder_.path()}}, config_.ca.folder);
  EXPECT_THAT(roots.files, IsEmpty());
  EXPECT_THAT(roots.warnings, ElementsAre(HasSubstr("SSL_CERT_FILE"), HasSubstr("REQUESTS_CA_BUNDLE")));
}

}  // namespace
}  // namespace weir::cli
