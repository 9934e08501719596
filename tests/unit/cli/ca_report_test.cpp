// SPDX-License-Identifier: Apache-2.0
#include "cli/ca_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certs/openssl_support.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST(CaReport, says_what_people_ask) {
  TemporaryFolder folder;
  auto authority =
      certs::CertificateAuthority::open_or_create({folder.path() / "ca", {"hf.co", "hub.example"}}).value();
  auto now = wall_now();
  auto text = ca_text(*authority, "/some/ca.pem", now);
  EXPECT_THAT(text, ContainsRegex("CA +CN=Weir CA [0-9a-f]+, made by Weir\n"));
  EXPECT_THAT(text, HasSubstr("/some/ca.pem\n"));
  EXPECT_THAT(text, HasSubstr(fingerprint_text(authority->fingerprint())));
  EXPECT_THAT(text, HasSubstr("hf.co, hub.example, and everything under them"));
  EXPECT_THAT(text, HasSubstr("to " + certs::date_of(authority->not_after()) + ", 364"));
  EXPECT_THAT(text, Not(HasSubstr("warning")));
  EXPECT_THAT(ca_text(*authority, "/some/ca.pem", authority->not_after()), HasSubstr("warning     Weir's CA expires"));
}

TEST(CaReport, fingerprints_are_as_openssl_shows_them) {
  auto text = fingerprint_text(sha256(""));
  EXPECT_TRUE(text.starts_with("E3:B0:C4:42:98")) << text;
  EXPECT_EQ(text.size(), 32U * 3 - 1);
}

}  // namespace
}  // namespace weir::cli
