// SPDX-License-Identifier: Apache-2.0
#include "proxy/counters.h"

#include <gtest/gtest.h>

#include <set>

namespace weir::proxy {
namespace {

RequestRecord record_of(Outcome outcome, uint64_t from_store, uint64_t from_origin) {
  RequestRecord record;
  record.outcome = outcome;
  record.from_store = from_store;
  record.from_origin = from_origin;
  return record;
}

struct Case {
  const char* name;
  RequestRecord record;
  uint64_t from_store;
  uint64_t relayed;
  uint64_t to_clients;
};

class CountersTest : public testing::TestWithParam<Case> {};

TEST_P(CountersTest, counts_each_byte_where_it_belongs) {
  Counters counters;
  counters.add(GetParam().record);
  counters.add(GetParam().record);
  for (size_t outcome = 0; outcome < counters.requests.size(); ++outcome)
    EXPECT_EQ(counters.requests[outcome], outcome == static_cast<size_t>(GetParam().record.outcome) ? 2U : 0U)
        << outcome;
  EXPECT_EQ(counters.bytes_from_store, 2 * GetParam().from_store);
  EXPECT_EQ(counters.bytes_relayed, 2 * GetParam().relayed);
  EXPECT_EQ(counters.bytes_to_clients, 2 * GetParam().to_clients);
}

INSTANTIATE_TEST_SUITE_P(, CountersTest,
                         testing::Values(Case{"own_answer", record_of(Outcome::none, 0, 0), 0, 0, 0},
                                         Case{"hit", record_of(Outcome::hit, 100, 0), 100, 0, 100},
                                         // Its bytes came once from the origin, for the one who started the fetch.
                                         Case{"collapsed", record_of(Outcome::collapsed, 100, 0), 100, 0, 100},
                                         Case{"miss", record_of(Outcome::miss, 0, 100), 0, 0, 100},
                                         Case{"resumed_miss", record_of(Outcome::miss, 30, 70), 30, 0, 100},
                                         Case{"pass", record_of(Outcome::pass, 0, 100), 0, 100, 100},
                                         Case{"tunnel", record_of(Outcome::tunnel, 0, 100), 0, 0, 100}),
                         [](const auto& tested) { return tested.param.name; });

TEST(CounterNames, there_is_one_for_each_outcome_and_reason) {
  EXPECT_EQ(Counters().requests.size(), static_cast<size_t>(Outcome::tunnel) + 1);
  EXPECT_EQ(kPassedByCount, static_cast<size_t>(PassedBy::store) + 1);
}

TEST(CounterNames, names_differ) {
  std::set<std::string_view> names;
  for (auto outcome : {Outcome::none, Outcome::hit, Outcome::collapsed, Outcome::miss, Outcome::pass, Outcome::tunnel})
    names.insert(name_of(outcome));
  EXPECT_EQ(names.size(), 6U);
  names.clear();
  for (auto reason : {PassedBy::xet, PassedBy::too_large, PassedBy::elsewhere, PassedBy::store})
    names.insert(name_of(reason));
  EXPECT_EQ(names.size(), kPassedByCount);
}

}  // namespace
}  // namespace weir::proxy
