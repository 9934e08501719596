// SPDX-License-Identifier: Apache-2.0
#include "peer/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/files.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir::peer {
namespace {

using testing::HasSubstr;

TEST(Identity, is_made_once) {
  TemporaryFolder folder;
  auto first = Identity::open_or_create(folder / "ca").value();
  auto second = Identity::open_or_create(folder / "ca").value();
  EXPECT_EQ(first.spki, second.spki);
  EXPECT_EQ(spki_hash(second.certificate).value(), first.spki);
  EXPECT_NE(Identity::open_or_create(folder / "other").value().spki, first.spki);
  EXPECT_TRUE(is_peer_certificate(first.certificate));
}

TEST(Identity, is_its_owners_alone) {
  TemporaryFolder folder;
  ASSERT_TRUE(Identity::open_or_create(folder.path()));
  struct stat status {};
  ASSERT_EQ(::stat((folder / "peer.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  std::filesystem::permissions(folder / "peer.key", std::filesystem::perms(0640));
  EXPECT_EQ(Identity::open_or_create(folder.path()).error().code, ErrorCode::refused);
}

TEST(Identity, is_never_replaced) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder / "peer.key", "no key", 0600));
  EXPECT_EQ(Identity::open_or_create(folder.path()).error().code, ErrorCode::invalid);
  EXPECT_EQ(read_file(folder / "peer.key").value(), "no key");
}

// Made by: openssl genpkey -algorithm ed25519
TEST(Identity, is_a_p256_key) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder / "peer.key",
                                    "-----BEGIN PRIVATE KEY-----\n"
                                    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                    "-----END PRIVATE KEY-----\n",
                                    0600));
  EXPECT_THAT(Identity::open_or_create(folder.path()).error().message, HasSubstr("another kind of key than P-256"));
}

}  // namespace
}  // namespace weir::peer
