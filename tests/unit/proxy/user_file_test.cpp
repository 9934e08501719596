// SPDX-License-Identifier: Apache-2.0
#include "proxy/user_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "base/files.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir::proxy {
namespace {

using testing::HasSubstr;

// "secret" by another implementation: Python's hashlib.scrypt with n=2**4, r=8, p=1 and the salt "0123456789abcdef".
constexpr const char* kForeign =
    "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gEeb/KeWbm5g+kBQOFr1yJbkjBxxxDOkhSmrSXFFwOg";

TEST(PasswordHashTest, knows_its_password_and_no_other) {
  auto hash = PasswordHash::make(Secret("päss:wörd"));
  EXPECT_TRUE(hash.matches(Secret("päss:wörd")));
  for (const char* wrong : {"", "päss:wör", "päss:wörd ", "x"}) EXPECT_FALSE(hash.matches(Secret(wrong))) << wrong;
  auto same = PasswordHash::parse(hash.text());
  ASSERT_TRUE(same);
  EXPECT_EQ(*same, hash);
  EXPECT_THAT(hash.text(), HasSubstr("$scrypt$ln=15,r=8,p=1$"));
}

TEST(PasswordHashTest, is_salted) {
  EXPECT_NE(PasswordHash::make(Secret("same")).text(), PasswordHash::make(Secret("same")).text());
}

TEST(PasswordHashTest, reads_what_others_made) {
  auto hash = PasswordHash::parse(kForeign);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->matches(Secret("secret")));
  EXPECT_FALSE(hash->matches(Secret("Secret")));
}

TEST(PasswordHashTest, takes_no_other_scheme_and_no_cost_without_bounds) {
  const std::string salt_and_key = "$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg";
  EXPECT_TRUE(PasswordHash::parse("$scrypt$ln=4,r=8,p=1" + salt_and_key));
  for (const char* cost :
       {"ln=0,r=8,p=1", "ln=21,r=8,p=1", "ln=20,r=8,p=1", "ln=4,r=0,p=1", "ln=4,r=33,p=1", "ln=4,r=8,p=0",
        "ln=4,r=8,p=17", "ln=4,r=8", "r=8,ln=4,p=1", "ln=4,r=8,p=1,x=1", "ln=-1,r=8,p=1", "ln=4, r=8,p=1", ""})
    EXPECT_FALSE(PasswordHash::parse("$scrypt$" + std::string(cost) + salt_and_key)) << cost;
  for (const char* text :
       {"", "secret", "$y$j9T$abc$def", "$6$salt$hash", "$scrypt$ln=4,r=8,p=1", "$scrypt$ln=4,r=8,p=1$$",
        "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg", "$scrypt$ln=4,r=8,p=1$!!!!$MDEyMzQ1Njc4OWFiY2RlZg"})
    EXPECT_FALSE(PasswordHash::parse(text)) << text;
}

class UserFileTest : public testing::Test {
 protected:
  void write(const std::string& text, mode_t mode = 0600) { ASSERT_TRUE(write_file_atomically(path_, text, mode)); }
  std::string error() {
    auto users = read_users(path_);
    return users ? "read" : users.error().message;
  }

  // What `act` does is done by that user.
  void as(uid_t user, gid_t group, const std::function<void()>& act) {
    ASSERT_EQ(::setegid(group), 0);
    ASSERT_EQ(::seteuid(user), 0);
    act();
    ASSERT_EQ(::seteuid(0), 0);
    ASSERT_EQ(::setegid(0), 0);
  }
  std::string error_for(uid_t user, gid_t group) {
    std::string said;
    as(user, group, [&] { said = error(); });
    return said;
  }

  static constexpr uid_t kOther = 65534;
  static constexpr gid_t kService = 65533;
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "users";
  const std::string hash_ = kForeign;
};

TEST_F(UserFileTest, keeps_users) {
  std::vector<User> users{{"ann", *PasswordHash::parse(hash_)}, {"ben@x.org", PasswordHash::make(Secret("b"))}};
  ASSERT_TRUE(write_users(path_, users));
  EXPECT_EQ(read_users(path_).value(), users);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_TRUE(write_users(path_, {}));
  EXPECT_TRUE(read_users(path_).value().empty());
}

TEST_F(UserFileTest, says_where_it_is_wrong) {
  EXPECT_THAT(error(), HasSubstr("weir user add NAME makes it"));
  write("ann:" + hash_ + "\nben\n");
  EXPECT_THAT(error(), HasSubstr("users:2: expected NAME:HASH"));
  write("ann:secret\n");
  EXPECT_THAT(error(), HasSubstr("users:1: expected a hash as weir user add makes it: weir user add ann"));
  EXPECT_THAT(error(), testing::Not(HasSubstr("secret")));
  write("a b:" + hash_ + "\n");
  EXPECT_THAT(error(), HasSubstr("users:1"));
  write("ann:" + hash_ + "\nann:" + hash_);
  EXPECT_THAT(error(), HasSubstr("users:2: ann is there twice"));
}

TEST_F(UserFileTest, is_its_owners_alone) {
  for (mode_t mode : {0604, 0620, 0610, 0660, 0641, 0644, 0666}) {
    write("ann:" + hash_ + "\n", mode);
    EXPECT_THAT(error(), HasSubstr("chmod 600")) << mode;
  }
  write("ann:" + hash_ + "\n", 0400);
  EXPECT_EQ(error(), "read");
}

TEST_F(UserFileTest, of_roots_a_group_may_read) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give a file away";
  for (mode_t mode : {0640, 0440}) {
    write("ann:" + hash_ + "\n", mode);
    EXPECT_EQ(error(), "read") << mode;
    ASSERT_EQ(::chown(path_.c_str(), kOther, kService), 0);
    EXPECT_THAT(error(), HasSubstr("others than its owner")) << mode;
  }
}

TEST_F(UserFileTest, is_read_by_its_owner_and_of_root_alone) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may be somebody else";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  write("ann:" + hash_ + "\n", 0640);
  ASSERT_EQ(::chown(path_.c_str(), 0, kService), 0);
  EXPECT_EQ(error_for(kOther, kService), "read");
  write("ann:" + hash_ + "\n", 0600);
  ASSERT_EQ(::chown(path_.c_str(), kOther, kService), 0);
  EXPECT_EQ(error(), "read");
  EXPECT_EQ(error_for(kOther, kService), "read");
  EXPECT_THAT(error_for(kOther - 1, kService), HasSubstr("belongs to another user"));
}

TEST_F(UserFileTest, stays_with_its_owner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give a file away";
  const struct {
    uid_t owner;
    mode_t mode;
  } cases[] = {{kOther, 0600}, {kOther, 0400}, {0, 0640}};
  for (const auto& each : cases) {
    write("ann:" + hash_ + "\n", each.mode);
    ASSERT_EQ(::chown(path_.c_str(), each.owner, kService), 0);
    ASSERT_TRUE(change_users(path_, [](std::vector<User>& users) -> Result<void> {
      users.clear();
      return {};
    }));
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(std::make_pair(status.st_uid, status.st_gid), std::make_pair(each.owner, kService));
    EXPECT_EQ(status.st_mode & 0777, each.mode);
  }
}

TEST_F(UserFileTest, is_the_writers_alone_who_may_not_give_it_to_its_group) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may be somebody else";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  write("ann:" + hash_ + "\n", 0640);
  ASSERT_EQ(::chown(path_.c_str(), 0, kService), 0);
  as(kOther, kOther, [this] { ASSERT_TRUE(write_users(path_, {})); });
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, kOther);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(UserNameTest, needs_no_care) {
  for (const char* name : {"a", "Ann.B_2@x+y-z"}) EXPECT_TRUE(is_user_name(name)) << name;
  for (const char* name : {"", "a b", "a:b", "a/b", "ä", "a\n", "a%"}) EXPECT_FALSE(is_user_name(name)) << name;
  EXPECT_TRUE(is_user_name(std::string(64, 'x')));
  EXPECT_FALSE(is_user_name(std::string(65, 'x')));
}

}  // namespace
}  // namespace weir::proxy
