// SPDX-License-Identifier: Apache-2.0
#include "cas/recent_files.h"

#include <gtest/gtest.h>

namespace weir::cas {
namespace {

const Sha256 kOne = sha256("one"), kTwo = sha256("two"), kThree = sha256("three");

RecentFiles::File make_file() {
  return std::make_shared<const UniqueFd>();
}

TEST(RecentFilesTest, gives_what_it_keeps) {
  RecentFiles recent(2);
  EXPECT_EQ(recent.find(kOne), nullptr);
  auto file = make_file();
  recent.keep(kOne, file);
  EXPECT_EQ(recent.find(kOne), file);
}

TEST(RecentFilesTest, lets_go_of_the_one_that_was_not_looked_for_for_longest) {
  RecentFiles recent(2);
  recent.keep(kOne, make_file());
  recent.keep(kTwo, make_file());
  EXPECT_TRUE(recent.find(kOne));
  recent.keep(kThree, make_file());
  EXPECT_TRUE(recent.find(kOne));
  EXPECT_FALSE(recent.find(kTwo));
  EXPECT_TRUE(recent.find(kThree));
}

TEST(RecentFilesTest, keeps_the_newer_of_two_for_one_digest) {
  RecentFiles recent(2);
  std::weak_ptr<const UniqueFd> older;
  {
    auto file = make_file();
    older = file;
    recent.keep(kOne, file);
  }
  auto newer = make_file();
  recent.keep(kOne, newer);
  EXPECT_EQ(recent.find(kOne), newer);
  EXPECT_TRUE(older.expired());
}

TEST(RecentFilesTest, closes_what_it_drops) {
  RecentFiles recent(2);
  auto file = make_file();
  std::weak_ptr<const UniqueFd> kept = file;
  recent.keep(kOne, std::exchange(file, nullptr));
  recent.drop(kTwo);
  EXPECT_FALSE(kept.expired());
  recent.drop(kOne);
  EXPECT_TRUE(kept.expired());
  EXPECT_FALSE(recent.find(kOne));
}

TEST(RecentFilesTest, closes_all_when_it_is_told_to) {
  RecentFiles recent(2);
  recent.keep(kOne, make_file());
  recent.keep(kTwo, make_file());
  recent.clear();
  EXPECT_FALSE(recent.find(kOne));
  EXPECT_FALSE(recent.find(kTwo));
  recent.keep(kThree, make_file());
  EXPECT_TRUE(recent.find(kThree));
}

}  // namespace
}  // namespace weir::cas
