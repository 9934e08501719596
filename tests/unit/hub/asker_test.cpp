// SPDX-License-Identifier: Apache-2.0
#include "hub/asker.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "base/files.h"

namespace weir::hub {
namespace {

class AskerTest : public testing::Test {
 protected:
  AskerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "asker-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~AskerTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path key_file() const { return folder_ / "asker.key"; }

 private:
  std::filesystem::path folder_;
};

const http::Fields kToken{{"Authorization", "Bearer hf_one"}};

TEST_F(AskerTest, without_credentials_is_anonymous) {
  AskerHasher hasher{Secret("key")};
  EXPECT_TRUE(hasher.of({{"User-Agent", "x"}}).anonymous());
  EXPECT_FALSE(hasher.of(kToken).anonymous());
  EXPECT_FALSE(hasher.of({{"Cookie", "token=x"}}).anonymous());
}

TEST_F(AskerTest, tells_credentials_apart) {
  AskerHasher hasher{Secret("key")};
  EXPECT_EQ(hasher.of(kToken), hasher.of(kToken));
  EXPECT_NE(hasher.of(kToken), hasher.of({{"Authorization", "Bearer hf_two"}}));
  EXPECT_NE(hasher.of({{"Authorization", "a"}}), hasher.of({{"Cookie", "a"}}));
  EXPECT_NE(hasher.of(kToken), AskerHasher{Secret("other key")}.of(kToken));
}

TEST_F(AskerTest, keeps_its_key_for_itself_and_over_a_restart) {
  auto first = AskerHasher::open(key_file());
  ASSERT_TRUE(first);
  auto second = AskerHasher::open(key_file());
  ASSERT_TRUE(second);
  EXPECT_EQ(first->of(kToken), second->of(kToken));
  struct stat status {};
  ASSERT_EQ(stat(key_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

struct Intruder {
  const char* name;
  void (*put)(const std::filesystem::path&);
};

class UnusableKeyTest : public AskerTest, public testing::WithParamInterface<Intruder> {};

TEST_P(UnusableKeyTest, makes_room_for_a_new_one) {
  GetParam().put(key_file());
  auto opened = AskerHasher::open(key_file());
  ASSERT_TRUE(opened) << opened.error().message;
  auto again = AskerHasher::open(key_file());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->of(kToken), opened->of(kToken));
  EXPECT_FALSE(is_foreign(key_file()));
  EXPECT_TRUE(std::filesystem::exists(std::filesystem::symlink_status(key_file().string() + ".set-aside")));
}

INSTANTIATE_TEST_SUITE_P(
    , UnusableKeyTest,
    testing::Values(
        Intruder{"empty", [](const auto& path) { ASSERT_TRUE(write_file_atomically(path, "", 0600)); }},
        Intruder{"short", [](const auto& path) { ASSERT_TRUE(write_file_atomically(path, "short", 0600)); }},
        Intruder{"long",
                 [](const auto& path) { ASSERT_TRUE(write_file_atomically(path, std::string(33, 'x'), 0600)); }},
        Intruder{"folder", [](const auto& path) { std::filesystem::create_directories(path / "within"); }},
        Intruder{"link", [](const auto& path) { std::filesystem::create_symlink("/absent", path); }},
        Intruder{"pipe", [](const auto& path) { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); }}),
    [](const auto& intruder) { return intruder.param.name; });

}  // namespace
}  // namespace weir::hub
