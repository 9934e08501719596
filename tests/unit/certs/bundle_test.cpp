// SPDX-License-Identifier: Apache-2.0
#include "certs/bundle.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/unit/certs/support.h"

namespace weir::certs {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string some_root() {
  return to_pem(to_der(make_authority_with({}).certificate).value()).value();
}

class BundleTest : public testing::Test {
 protected:
  std::filesystem::path file(std::string_view name, std::string_view text) {
    write_text(folder_ / name, text);
    return folder_ / name;
  }
  ino_t inode() {
    struct stat status {};
    return ::stat(target_.c_str(), &status) == 0 ? status.st_ino : 0;
  }

  TemporaryFolder folder_;
  std::filesystem::path target_ = folder_ / "bundle.pem";
  std::string one_ = some_root();
  std::string two_ = some_root();
  std::string ca_ = some_root();
};

TEST_F(BundleTest, holds_the_base_and_the_ca_each_once) {
  ASSERT_TRUE(write_bundle(target_, {"# comment\n" + one_ + one_ + two_, two_}, ca_));
  EXPECT_EQ(read_text(target_), one_ + two_ + ca_);
}

TEST_F(BundleTest, is_readable_by_all_whatever_the_umask) {
  auto before = ::umask(0077);
  ASSERT_TRUE(write_bundle(target_, {one_}, ca_));
  ::umask(before);
  EXPECT_EQ(mode_of(target_), 0644U);
}

TEST_F(BundleTest, made_from_itself_stays_the_same_file) {
  ASSERT_TRUE(write_bundle(target_, {one_ + two_}, ca_));
  auto text = read_text(target_);
  auto made = inode();
  ASSERT_TRUE(write_bundle(target_, {text}, ca_));
  EXPECT_EQ(read_text(target_), text);
  EXPECT_EQ(inode(), made);
}

TEST_F(BundleTest, is_written_anew_when_the_base_or_its_mode_changed) {
  ASSERT_TRUE(write_bundle(target_, {one_}, ca_));
  ASSERT_TRUE(write_bundle(target_, {one_ + two_}, ca_));
  EXPECT_EQ(read_text(target_), one_ + two_ + ca_);
  ASSERT_EQ(::chmod(target_.c_str(), 0600), 0);
  ASSERT_TRUE(write_bundle(target_, {one_ + two_}, ca_));
  EXPECT_EQ(mode_of(target_), 0644U);
}

TEST_F(BundleTest, needs_a_base) {
  auto made = write_bundle(target_, {}, ca_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::invalid);
  EXPECT_FALSE(std::filesystem::exists(target_));
}

TEST_F(BundleTest, a_company_that_trusts_its_root_alone_gets_that) {
  ASSERT_TRUE(write_bundle(target_, {ca_}, ca_));
  EXPECT_EQ(read_text(target_), ca_);
}

TEST_F(BundleTest, a_damaged_base_changes_nothing) {
  ASSERT_TRUE(write_bundle(target_, {one_}, ca_));
  for (const auto& base : {two_.substr(0, two_.size() / 2), std::string("no PEM"), std::string()})
    EXPECT_FALSE(write_bundle(target_, {base}, ca_)) << base;
  EXPECT_EQ(read_text(target_), one_ + ca_);
}

TEST_F(BundleTest, needs_a_ca) {
  EXPECT_FALSE(write_bundle(target_, {one_}, ""));
}

TEST_F(BundleTest, leaves_no_temporary_files) {
  ASSERT_TRUE(write_bundle(target_, {one_}, ca_));
  ASSERT_TRUE(write_bundle(target_, {two_}, ca_));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST_F(BundleTest, trusted_roots_are_the_bases_without_the_ca) {
  auto company = file("company.pem", one_ + ca_);
  auto lab = file("lab.pem", two_ + one_);
  EXPECT_EQ(trusted_roots({company, lab}, ca_), one_ + two_);
  EXPECT_EQ(trusted_roots({company, lab}, ""), one_ + ca_ + two_);
}

TEST_F(BundleTest, trusted_roots_are_the_systems_without_a_base) {
  auto system = file("system.pem", one_ + ca_ + two_);
  auto only_weir = file("weir.pem", ca_);
  EXPECT_EQ(trusted_roots({}, ca_, {folder_ / "none", system}), one_ + two_);
  EXPECT_EQ(trusted_roots({only_weir}, ca_, {system}), one_ + two_);
}

TEST_F(BundleTest, a_base_that_will_not_do_is_named) {
  auto cut = file("cut.pem", one_.substr(0, one_.size() / 2));
  auto empty = file("empty.pem", "");
  for (const auto& path : {cut, empty, folder_ / "missing.pem"}) {
    auto roots = trusted_roots({path}, ca_);
    ASSERT_FALSE(roots);
    EXPECT_EQ(roots.error().code, ErrorCode::invalid);
    EXPECT_THAT(roots.error().message, HasSubstr(path.string()));
  }
  EXPECT_THAT(trusted_roots({folder_.path()}, ca_).error().message, HasSubstr(folder_.path().string()));
}

TEST_F(BundleTest, a_system_without_roots_is_told_what_to_install) {
  auto roots = system_roots({folder_ / "none"});
  ASSERT_FALSE(roots);
  EXPECT_THAT(roots.error().message, AllOf(HasSubstr("ca-certificates"), HasSubstr("SSL_CERT_FILE")));
}

}  // namespace
}  // namespace weir::certs
