// SPDX-License-Identifier: Apache-2.0
// The pins, the catalog and the remembered metadata, with a fault at the first operation of a write or of a restart, at
// its second, and so on until it gets through: errors are returned, nothing that was reported written is lost or wrong,
// and the next try succeeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/component/hub/kept_records.h"
#include "tests/fakes/fault_table.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir::hub {
namespace {

using fakes::Fault;
using fakes::FaultDisk;
using fakes::FaultWay;

constexpr auto kSetAside = ".set-aside";

struct Kind {
  const char* name;
  std::unique_ptr<KeptRecords> (*make)(const std::filesystem::path& folder);
};

const Kind kKinds[] = {{"pins", kept_pins}, {"catalog", kept_catalog}, {"metadata", kept_metadata}};

struct Deed {
  const char* name;
  Result<void> (*run)(KeptRecords& records);
  std::set<int> written;
};

const Deed kDeeds[] = {
    {"a_write", [](KeptRecords& records) { return records.write(3); }, {3}},
    {"a_restart", [](KeptRecords& records) { return records.open(); }, {}},
};

struct Case {
  Kind kind;
  Deed deed;
  FaultWay way;
};

class RecordFaultsTest : public testing::TestWithParam<Case> {
 protected:
  // Runs the deed with a fault at that operation.  False when the fault did not come: all was tried.
  bool try_with_fault_at(uint64_t operation) {
    auto& [kind, deed, way] = GetParam();
    TemporaryFolder folder;
    FaultDisk disk(folder.path());
    auto records = kind.make(folder.path());
    EXPECT_TRUE(records->open() && records->write(1) && records->write(2));
    disk.fail_at(operation, way.fault, way.lasting);
    auto done = deed.run(*records);
    auto struck = disk.struck();
    bool came = disk.heal();
    SCOPED_TRACE("fault " + std::to_string(operation) + ", " + struck);
    EXPECT_TRUE(done || (came && !way.is_harmless())) << done.error().message;
    std::set<int> told{1, 2};
    if (done) told.insert(deed.written.begin(), deed.written.end());
    EXPECT_FALSE(has_set_aside(folder.path()));
    recover(*records, done.has_value(), told);
    return came;
  }

  static bool has_set_aside(const std::filesystem::path& folder) {
    auto files = std::filesystem::directory_iterator(folder);
    return std::any_of(begin(files), end(files), [](auto& file) { return file.path().extension() == kSetAside; });
  }
  void recover(KeptRecords& records, bool done, const std::set<int>& told) {
    if (!done && !GetParam().deed.written.empty()) expect_at_least(records, told);
    if (!done) {
      auto again = GetParam().deed.run(records);
      ASSERT_TRUE(again) << "the next try: " << again.error().message;
    }
    expect_at_least(records, told);
    auto later = records.write(4);
    EXPECT_TRUE(later) << "a later write: " << later.error().message;
    auto opened = records.open();
    ASSERT_TRUE(opened) << opened.error().message;
    auto all = told;
    all.insert(GetParam().deed.written.begin(), GetParam().deed.written.end());
    all.insert(4);
    expect_at_least(records, all);
  }

  void expect_at_least(KeptRecords& records, const std::set<int>& numbers) {
    auto held = records.read();
    ASSERT_TRUE(held) << held.error().message;
    EXPECT_TRUE(std::includes(held->begin(), held->end(), numbers.begin(), numbers.end()))
        << held->size() << " are left of " << numbers.size();
  }
};

TEST_P(RecordFaultsTest, cost_nothing_that_was_reported) {
  fakes::try_at_each_operation([this](uint64_t operation) { return try_with_fault_at(operation); });
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (auto& kind : kKinds)
    for (auto& deed : kDeeds)
      for (auto& way : fakes::fault_ways()) cases.push_back({kind, deed, way});
  return cases;
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  auto& [kind, deed, way] = info.param;
  return std::string(kind.name) + "__" + deed.name + "__" + fakes::name_of(way);
}

INSTANTIATE_TEST_SUITE_P(, RecordFaultsTest, testing::ValuesIn(all_cases()), name_of_case);

}  // namespace
}  // namespace weir::hub
