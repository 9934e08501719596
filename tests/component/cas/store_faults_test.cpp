// SPDX-License-Identifier: Apache-2.0
// Every way of writing to the store and of taking from it, with a fault at its first operation, at its second, and so
// on until it gets through: errors are returned, nothing wrong is stored, nothing that was stored is lost, and the next
// try succeeds.
#include "tests/component/cas/store_bench.h"
#include "tests/fakes/fault_table.h"

namespace weir::cas {
namespace {

using fakes::Fault;
using fakes::FaultDisk;
using fakes::FaultWay;
using fakes::Lasting;

const std::string kHeld(2500, 'h');
const std::string kText = std::string(1500, 'a') + std::string(1500, 'b') + std::string(500, 'c');
const std::string kOther(2600, 'o');
const std::string kPart = std::string(2600, 'p') + std::string(2600, 'q');

struct Deed {
  const char* name;
  Result<void> (*prepare)(StoreBench& bench);
  Result<void> (*run)(StoreBench& bench);
};

Result<void> nothing(StoreBench&) {
  return {};
}
Result<void> touch_held(StoreBench& bench) {
  TRY(bench.put_small(kText));
  return bench.touch(kText);
}
Result<void> hold_what_may_go(StoreBench& bench) {
  TRY(bench.put_small(kOther));
  return bench.download_half(kPart);
}

const Deed kDeeds[] = {
    {"a_small_file", nothing, [](StoreBench& bench) { return bench.put_small(kText); }},
    {"a_download", nothing, [](StoreBench& bench) { return bench.download(kText); }},
    {"a_download_in_any_order", nothing, [](StoreBench& bench) { return bench.download_backwards(kText); }},
    {"a_resumed_download", [](StoreBench& bench) { return bench.download_half(kText); },
     [](StoreBench& bench) { return bench.download(kText); }},
    {"a_checkpoint", nothing, [](StoreBench& bench) { return bench.download_half(kText); }},
    {"strangers", nothing, [](StoreBench& bench) { return bench.download_from_strangers(kText); }},
    {"wrong_bytes", nothing, [](StoreBench& bench) { return bench.download_wrong(kText); }},
    {"a_discard", [](StoreBench& bench) { return bench.download_half(kText); },
     [](StoreBench& bench) { return bench.discard(kText); }},
    {"an_eviction",
     [](StoreBench& bench) -> Result<void> {
       TRY(bench.start_reading(kHeld));  // used longest ago, it would be the first to go
       return hold_what_may_go(bench);
     },
     [](StoreBench& bench) { return bench.evict_all(); }},
    {"a_download_that_needs_room", hold_what_may_go,
     [](StoreBench& bench) { return bench.download_into(2 * kText.size(), kText); }},
    {"a_removal", [](StoreBench& bench) { return bench.put_small(kText); },
     [](StoreBench& bench) { return bench.remove(kText); }},
    {"a_touched_file", touch_held, [](StoreBench& bench) { return bench.download(kText); }},
    {"a_verification", touch_held, [](StoreBench& bench) { return bench.verify(kText); }},
    {"a_flush",
     [](StoreBench& bench) -> Result<void> {
       TRY(bench.put_small(kText));
       TRY(bench.read(sha256(kText)));
       return {};
     },
     [](StoreBench& bench) { return bench.store->flush(); }},
    {"a_restart", [](StoreBench& bench) { return bench.download_half(kText); },
     [](StoreBench& bench) { return bench.open(); }},
    {"a_new_store",
     [](StoreBench& bench) -> Result<void> {
       TRY(bench.close());
       bench.told.clear();
       std::filesystem::remove_all(bench.root);
       return {};
     },
     [](StoreBench& bench) { return bench.open(); }},
};

struct Case {
  Deed deed;
  FaultWay way;
};

class StoreFaultsTest : public testing::TestWithParam<Case> {
 protected:
  // Runs the deed with a fault at that operation.  False when the fault did not come: all was tried.
  bool try_with_fault_at(uint64_t operation) {
    auto& [deed, way] = GetParam();
    StoreBench bench;
    FaultDisk disk(bench.root);
    auto prepared = bench.open();
    if (prepared) prepared = bench.put_small(kHeld);
    if (prepared) prepared = deed.prepare(bench);
    EXPECT_TRUE(prepared) << prepared.error().message;
    disk.fail_at(operation, way.fault, way.lasting);
    auto done = deed.run(bench);
    auto struck = disk.struck();
    bool came = disk.heal();
    SCOPED_TRACE("fault " + std::to_string(operation) + ", " + struck);
    EXPECT_TRUE(done || (came && !way.is_harmless())) << done.error().message;
    recover(bench);
    return came;
  }
  void recover(StoreBench& bench) {
    if (!bench.store) {
      auto opened = bench.open();
      ASSERT_TRUE(opened) << opened.error().message;
    }
    auto again = GetParam().deed.run(bench);
    EXPECT_TRUE(again) << "the next try: " << again.error().message;
    EXPECT_EQ(bench.faults(), "");
    auto opened = bench.open();
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(bench.faults(), "") << "after a restart";
    EXPECT_EQ(files_in(bench.root / "tmp"), 0U);
    for (auto& name : std::filesystem::directory_iterator(bench.root))
      EXPECT_EQ(name.path().string().find("damaged"), std::string::npos);
  }
};

TEST_P(StoreFaultsTest, harm_nothing) {
  fakes::try_at_each_operation([this](uint64_t operation) { return try_with_fault_at(operation); });
}

// The same partial blob can be committed again, unless its bytes could not be synced: then they are not trusted.
TEST(CommitFaultsTest, can_be_repeated) {
  bool came = true;
  for (uint64_t operation = 1; came; ++operation) {
    StoreBench bench;
    FaultDisk disk(bench.root);
    ASSERT_TRUE(bench.open());
    auto partial = bench.store->open_partial(sha256(kText), kText.size());
    ASSERT_TRUE(partial && (*partial)->write(0, kText, Trust::trusted));
    (*partial)->set_version("one");
    disk.fail_at(operation, Fault::io_error, Lasting::once);
    auto blob = (*partial)->commit();
    auto struck = disk.struck();
    came = disk.heal();
    SCOPED_TRACE("fault " + std::to_string(operation) + ", " + struck);
    if (!blob) blob = (*partial)->commit();
    EXPECT_EQ(blob.has_value(), struck != "sync partial/" + sha256(kText).hex());
    partial->reset();
    bench.told[kText] = blob.has_value();
    EXPECT_EQ(bench.faults(), "");
  }
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (auto& deed : kDeeds)
    for (auto& way : fakes::fault_ways()) cases.push_back({deed, way});
  return cases;
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  return std::string(info.param.deed.name) + "__" + fakes::name_of(info.param.way);
}

INSTANTIATE_TEST_SUITE_P(, StoreFaultsTest, testing::ValuesIn(all_cases()), name_of_case);

}  // namespace
}  // namespace weir::cas
