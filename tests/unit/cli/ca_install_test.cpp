// SPDX-License-Identifier: Apache-2.0
#include "cli/ca_install.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "certs/certificate_authority.h"
#include "cli/captured_command.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kAsRoot[] = "sudo weir ca install";

class CaInstallTest : public testing::Test {
 protected:
  CaInstallTest() {
    fs::create_directories(anchors_);
    // Stands for the system's program: notes what is in the folder.
    auto script = "#!/bin/sh\nls " + anchors_.string() + " > " + (folder_.path() / "bundle").string() + "\n";
    fs::permissions(folder_.write("update", script), fs::perms::owner_all);
    fs::create_directories(links_);
    stores_.system =
        SystemStore::find({{folder_.path() / "none", "/bin/true", ""}, {anchors_, folder_.path() / "update", links_}});
  }

  TrustedCertificate certificate(const std::string& name) {
    auto authority = certs::CertificateAuthority::open_or_create({folder_.path() / name, {name + ".example"}}).value();
    return trusted_certificate(certs::to_der(authority->certificate()).value()).value();
  }
  fs::path database(const std::string& place) {
    auto path = folder_.path() / "home" / place;
    fs::create_directories(path);
    auto made = run_captured({"certutil", "-N", "--empty-password", "-d", "sql:" + path.string()});
    EXPECT_TRUE(made && made->exit_code == 0) << "certutil (libnss3-tools) is needed for this test";
    return path;
  }
  std::string bundle() { return read_file(folder_.path() / "bundle").value().value_or(""); }
  static std::string nicknames(const fs::path& database) {
    return run_captured({"certutil", "-L", "-d", "sql:" + database.string()}).value().output;
  }

  TemporaryFolder folder_;
  fs::path anchors_ = folder_.path() / "anchors";
  fs::path links_ = folder_.path() / "links";
  TrustStores stores_;
};

TEST_F(CaInstallTest, a_system_has_one_of_the_known_stores_or_none) {
  EXPECT_FALSE(SystemStore::find({{anchors_, folder_.path() / "no program", ""}}));
  EXPECT_TRUE(stores_.system);
}

TEST_F(CaInstallTest, the_system_gets_it_under_its_mark_and_loses_it_again) {
  auto ca = certificate("one");
  auto file = anchors_ / (ca.mark + ".crt");
  auto report = install(stores_, ca, kAsRoot);
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(report.done, testing::Contains(HasSubstr("added " + file.string())));
  EXPECT_EQ(read_file(file).value(), certs::to_pem(ca.der).value());
  EXPECT_EQ(bundle(), ca.mark + ".crt\n");

  EXPECT_THAT(install(stores_, ca, kAsRoot).done, testing::Contains(HasSubstr("was there already")));
  EXPECT_THAT(uninstall(stores_, {ca}, kAsRoot).done, ElementsAre(HasSubstr("removed " + file.string())));
  EXPECT_EQ(bundle(), "");
  EXPECT_THAT(uninstall(stores_, {ca}, kAsRoot).done, ElementsAre("nothing of Weir's is installed"));
}

TEST_F(CaInstallTest, older_cas_go_too_and_others_stay) {
  auto first = certificate("one");
  auto second = certificate("two");
  install(stores_, first, kAsRoot);
  install(stores_, second, kAsRoot);
  ASSERT_TRUE(write_file_atomically(anchors_ / "weir-0123456789abcdef.crt", "another's", 0644));
  ASSERT_TRUE(write_file_atomically(anchors_ / "company.crt", certs::to_pem(first.der).value(), 0644));
  uninstall(stores_, {first, second}, kAsRoot);
  EXPECT_EQ(bundle(), "company.crt\nweir-0123456789abcdef.crt\n");
}

TEST_F(CaInstallTest, the_links_that_the_system_made_go_too) {
  auto ca = certificate("one");
  install(stores_, ca, kAsRoot);
  fs::create_symlink(anchors_ / (ca.mark + ".crt"), links_ / (ca.mark + ".pem"));
  fs::create_symlink(ca.mark + ".pem", links_ / "0a1b2c3d.0");
  fs::create_symlink("another.pem", links_ / "4e5f6071.0");
  folder_.write("links/bundle.crt", "text");
  uninstall(stores_, {ca}, kAsRoot);
  std::set<std::string> left;
  for (const auto& each : fs::directory_iterator(links_)) left.insert(each.path().filename());
  EXPECT_THAT(left, ElementsAre("4e5f6071.0", "bundle.crt"));
}

TEST_F(CaInstallTest, another_file_under_its_name_is_left_alone) {
  auto ca = certificate("one");
  auto file = anchors_ / (ca.mark + ".crt");
  ASSERT_TRUE(write_file_atomically(file, "not it", 0644));
  EXPECT_THAT(install(stores_, ca, kAsRoot).problems, ElementsAre(HasSubstr(file.string())));
  EXPECT_THAT(uninstall(stores_, {ca}, kAsRoot).problems, ElementsAre(HasSubstr(file.string())));
  EXPECT_EQ(read_file(file).value(), "not it");
}

TEST_F(CaInstallTest, a_program_that_fails_is_quoted) {
  folder_.write("update", "#!/bin/sh\necho the disk is full; exit 3\n");
  EXPECT_THAT(install(stores_, certificate("one"), kAsRoot).problems, ElementsAre(HasSubstr("the disk is full")));
}

TEST_F(CaInstallTest, a_system_without_a_store_is_told_of) {
  stores_.system.reset();
  EXPECT_THAT(install(stores_, certificate("one"), kAsRoot).problems, ElementsAre(HasSubstr("by hand")));
}

TEST_F(CaInstallTest, databases_of_browsers_are_found) {
  auto home = folder_.path() / "home";
  EXPECT_THAT(browser_databases(home), IsEmpty());
  auto chromium = database(".pki/nssdb");
  auto firefox = database(".mozilla/firefox/abc.default-release");
  fs::create_directories(home / ".mozilla/firefox/Crash Reports");
  EXPECT_THAT(browser_databases(home), ElementsAre(firefox, chromium));
}

TEST_F(CaInstallTest, browsers_get_it_and_lose_it_again) {
  stores_.browser_databases = {database(".pki/nssdb"), database(".mozilla/firefox/abc.default")};
  auto ca = certificate("one");
  auto other = certificate("two");
  auto file = folder_.write("other.pem", certs::to_pem(other.der).value());
  auto first = stores_.browser_databases.front();
  run_captured({"certutil", "-A", "-n", "Another", "-t", "C,,", "-i", file, "-d", "sql:" + first.string()}).value();

  auto report = install(stores_, ca, kAsRoot);
  EXPECT_THAT(report.problems, IsEmpty());
  for (const auto& path : stores_.browser_databases) {
    EXPECT_THAT(report.done, testing::Contains("added to " + path.string()));
    EXPECT_THAT(nicknames(path), testing::ContainsRegex(ca.mark + " +C,,"));
  }
  EXPECT_THAT(install(stores_, ca, kAsRoot).done, testing::Contains("was there already: " + first.string()));

  EXPECT_THAT(uninstall(stores_, {ca, other}, kAsRoot).done, testing::Contains("removed from " + first.string()));
  EXPECT_THAT(nicknames(first), testing::Not(HasSubstr(ca.mark)));
  EXPECT_THAT(nicknames(first), HasSubstr("Another"));
}

TEST_F(CaInstallTest, a_database_with_a_password_is_left_as_it_was) {
  auto path = database(".pki/nssdb");
  auto password = folder_.write("password", "secret\n");
  auto empty = folder_.write("empty", "\n");
  run_captured({"certutil", "-W", "-d", "sql:" + path.string(), "-f", empty, "-@", password}).value();
  stores_.browser_databases = {path};
  auto ca = certificate("one");
  EXPECT_THAT(install(stores_, ca, kAsRoot).problems, ElementsAre(HasSubstr(path.string())));
  EXPECT_THAT(nicknames(path), testing::Not(HasSubstr(ca.mark)));
}

}  // namespace
}  // namespace weir::cli
