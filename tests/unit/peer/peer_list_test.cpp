// SPDX-License-Identifier: Apache-2.0
#include "peer/peer_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir::peer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Peer make_peer(const std::string& name, const std::string& address) {
  return {name, http::parse_authority(address).value(), sha256(name), WallTime(std::chrono::seconds(1'700'000'000))};
}

struct PeerListTest : testing::Test {
  TemporaryFolder folder;
  PeerList list{folder / "ca"};
  const Peer one = make_peer("one", "10.0.0.1:9347");
  const Peer two = make_peer("two", "[fd00::2]:9348");
};

TEST_F(PeerListTest, begins_empty) {
  EXPECT_THAT(list.all().value(), IsEmpty());
  EXPECT_EQ(list.find(one.spki), std::nullopt);
}

TEST_F(PeerListTest, is_the_file_for_every_process) {
  ASSERT_TRUE(list.add(one));
  PeerList other(folder / "ca");
  EXPECT_EQ(other.find(one.spki), one);
  ASSERT_TRUE(other.add(two));
  EXPECT_EQ(list.find(two.spki), two);
  EXPECT_THAT(list.all().value(), ElementsAre(one, two));
  ASSERT_THAT(list.remove("one").value(), ElementsAre(one));
  EXPECT_EQ(other.find(one.spki), std::nullopt);
}

TEST_F(PeerListTest, has_one_entry_for_a_key) {
  ASSERT_TRUE(list.add(one));
  auto moved = one;
  moved.address = http::parse_authority("weir.example.net:1").value();
  ASSERT_TRUE(list.add(moved));
  EXPECT_THAT(list.all().value(), ElementsAre(moved));
}

TEST_F(PeerListTest, removes_by_name_host_address_and_key) {
  for (const auto& which : {std::string("two"), std::string("TWO"), std::string("fd00::2"),
                            std::string("[fd00::2]:9348"), two.spki.hex()}) {
    ASSERT_TRUE(list.add(one));
    ASSERT_TRUE(list.add(two));
    EXPECT_THAT(list.remove(which).value(), ElementsAre(two)) << which;
    EXPECT_THAT(list.remove(which).value(), IsEmpty());
    EXPECT_THAT(list.all().value(), ElementsAre(one));
  }
}

TEST_F(PeerListTest, knows_nobody_while_the_file_is_damaged) {
  ASSERT_TRUE(list.add(one));
  auto path = folder / "ca" / "peers.json";
  auto text = read_file(path).value().value();
  auto wrong_key = text;
  wrong_key.replace(wrong_key.find(one.spki.hex()), 1, "x");
  for (const auto& damaged : {std::string("{"), std::string("{\"peers\":3}"), std::string("[]"), wrong_key}) {
    ASSERT_TRUE(write_file_atomically(path, damaged, 0644));
    EXPECT_EQ(list.find(one.spki), std::nullopt);
    EXPECT_THAT(list.all().error().message, HasSubstr("peers.json is damaged"));
    EXPECT_FALSE(list.add(two));
  }
  ASSERT_TRUE(write_file_atomically(path, text, 0644));
  EXPECT_EQ(list.find(one.spki), one);
}

TEST(PlainName, keeps_what_may_stand_anywhere) {
  EXPECT_EQ(plain_name("host-1.example_net"), "host-1.example_net");
  EXPECT_EQ(plain_name("a\r\nb\x1b[31m \xc3\xa4"), "ab31m");
  EXPECT_EQ(plain_name(""), "weir");
  EXPECT_EQ(plain_name(std::string(1000, 'x')).size(), 64u);
}

}  // namespace
}  // namespace weir::peer
