// SPDX-License-Identifier: Apache-2.0
#include "hub/access_ledger.h"

#include <gtest/gtest.h>

namespace weir::hub {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const RepoName kRepo{RepoType::model, "org/model"};
const Asker kNobody;

Asker asker(uint8_t number) {
  Asker each{Sha256{}};
  each.credentials->bytes[0] = number;
  return each;
}

Moment at(std::chrono::nanoseconds since) {
  auto offset = std::chrono::duration_cast<WallTime::duration>(since);
  return {MonotonicTime(since), WallTime(seconds(1'795'000'000) + offset)};
}

class AccessLedgerTest : public testing::Test {
 protected:
  bool fresh(const Asker& who, Right right, std::chrono::nanoseconds when) {
    return ledger_.is_fresh(who, kRepo, right, at(when).monotonic);
  }
  bool offline(const Asker& who, Right right, std::chrono::nanoseconds when) {
    return ledger_.holds_offline(who, kRepo, right, at(when).wall);
  }
  AccessLedger ledger_{AccessOptions{}};
};

TEST_F(AccessLedgerTest, a_yes_is_fresh_for_its_time) {
  ledger_.permit(asker(1), kRepo, Right::all_files, at(seconds(0)));
  ledger_.permit(kNobody, kRepo, Right::all_files, at(seconds(0)));
  EXPECT_TRUE(fresh(asker(1), Right::all_files, seconds(59)));
  EXPECT_FALSE(fresh(asker(1), Right::all_files, seconds(60)));
  EXPECT_TRUE(fresh(kNobody, Right::all_files, seconds(599)));
  EXPECT_FALSE(fresh(kNobody, Right::all_files, seconds(600)));
}

TEST_F(AccessLedgerTest, a_yes_opens_what_is_below_it_and_nothing_above) {
  ledger_.permit(asker(1), kRepo, Right::regular_files, at(seconds(0)));
  EXPECT_TRUE(fresh(asker(1), Right::metadata, seconds(1)));
  EXPECT_TRUE(fresh(asker(1), Right::regular_files, seconds(1)));
  EXPECT_FALSE(fresh(asker(1), Right::all_files, seconds(1)));
  EXPECT_FALSE(offline(asker(1), Right::all_files, seconds(1)));
}

TEST_F(AccessLedgerTest, a_yes_is_for_one_asker_one_repository_and_one_type) {
  ledger_.permit(asker(1), kRepo, Right::all_files, at(seconds(0)));
  EXPECT_FALSE(fresh(asker(2), Right::all_files, seconds(1)));
  EXPECT_FALSE(fresh(kNobody, Right::all_files, seconds(1)));
  EXPECT_FALSE(
      ledger_.is_fresh(asker(1), {RepoType::dataset, "org/model"}, Right::all_files, at(seconds(1)).monotonic));
  EXPECT_FALSE(ledger_.is_fresh(asker(1), {RepoType::model, "org/other"}, Right::all_files, at(seconds(1)).monotonic));
}

TEST_F(AccessLedgerTest, a_no_takes_the_right_and_those_above_it) {
  ledger_.permit(asker(1), kRepo, Right::all_files, at(seconds(0)));
  ledger_.withdraw(asker(1), kRepo, Right::regular_files);
  EXPECT_TRUE(fresh(asker(1), Right::metadata, seconds(1)));
  EXPECT_FALSE(fresh(asker(1), Right::regular_files, seconds(1)));
  EXPECT_FALSE(fresh(asker(1), Right::all_files, seconds(1)));
  EXPECT_FALSE(offline(asker(1), Right::all_files, seconds(1)));
}

TEST_F(AccessLedgerTest, offline_an_old_yes_holds_within_the_grace) {
  ledger_.permit(asker(1), kRepo, Right::all_files, at(seconds(0)));
  EXPECT_TRUE(offline(asker(1), Right::all_files, hours(23)));
  EXPECT_FALSE(offline(asker(1), Right::all_files, hours(24)));
  EXPECT_FALSE(offline(asker(2), Right::all_files, minutes(1)));
}

TEST_F(AccessLedgerTest, offline_what_was_public_is_everybodys) {
  ledger_.permit(kNobody, kRepo, Right::all_files, at(seconds(0)));
  EXPECT_TRUE(offline(asker(2), Right::all_files, hours(1000)));
  EXPECT_TRUE(offline(kNobody, Right::all_files, hours(1000)));
}

TEST_F(AccessLedgerTest, a_yes_of_a_former_run_holds_offline_alone) {
  ledger_.permit(asker(1), kRepo, Right::metadata, at(seconds(0)));
  auto changes = ledger_.take_changes();
  ASSERT_EQ(changes.size(), 1U);
  AccessLedger next{AccessOptions{}};
  next.restore(changes.front());
  EXPECT_FALSE(next.is_fresh(asker(1), kRepo, Right::metadata, at(seconds(1)).monotonic));
  EXPECT_TRUE(next.holds_offline(asker(1), kRepo, Right::metadata, at(seconds(1)).wall));
}

TEST_F(AccessLedgerTest, a_yes_is_one_however_old_until_it_is_taken_back) {
  auto has = [&](const Asker& who) { return ledger_.has_yes(who, kRepo, Right::metadata); };
  EXPECT_FALSE(has(asker(1)));
  ledger_.permit(asker(1), kRepo, Right::metadata, at(-hours(1000)));
  EXPECT_TRUE(has(asker(1)));
  EXPECT_FALSE(has(asker(2)));
  EXPECT_FALSE(has(kNobody));
  ledger_.withdraw(asker(1), kRepo, Right::metadata);
  EXPECT_FALSE(has(asker(1)));
}

TEST_F(AccessLedgerTest, changes_are_given_once_withdrawals_too) {
  ledger_.permit(asker(1), kRepo, Right::all_files, at(seconds(0)));
  EXPECT_EQ(ledger_.take_changes().size(), 3U);
  ledger_.withdraw(asker(1), kRepo, Right::all_files);
  auto changes = ledger_.take_changes();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.front().kind, AccessRecord::Kind::withdrawn);
  EXPECT_EQ(changes.front().right, Right::all_files);
  ledger_.withdraw(asker(1), kRepo, Right::all_files);
  EXPECT_TRUE(ledger_.take_changes().empty());
}

TEST(AccessLedgerLimitTest, the_oldest_go_first) {
  AccessLedger ledger{AccessOptions{}, 16};
  for (uint8_t i = 0; i < 40; ++i) ledger.permit(asker(i), kRepo, Right::metadata, at(seconds(i)));
  EXPECT_FALSE(ledger.is_fresh(asker(0), kRepo, Right::metadata, at(seconds(40)).monotonic));
  EXPECT_TRUE(ledger.is_fresh(asker(39), kRepo, Right::metadata, at(seconds(40)).monotonic));
}

}  // namespace
}  // namespace weir::hub
