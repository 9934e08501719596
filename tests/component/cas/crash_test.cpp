// SPDX-License-Identifier: Apache-2.0
// The machine goes down after each single operation.  What the disk then holds is opened as a store: nothing wrong is
// served, nothing that was reported stored is lost, and no bytes may be read that are not there or are not trusted.
#include <functional>

#include "tests/component/cas/store_bench.h"
#include "tests/fakes/fault_disk.h"

namespace weir::cas {
namespace {

using fakes::FaultDisk;
using fakes::Loss;

const std::string kFirst(700, 'f');
const std::string kSecond = std::string(1500, 's') + std::string(1600, 't');
const std::string kThird = std::string(2100, 'u') + std::string(2100, 'v');

struct Story {
  const char* name;
  std::vector<std::function<Result<void>(StoreBench&)>> deeds;
};

const Story kStories[] = {
    {"commits",
     {[](StoreBench& bench) { return bench.put_small(kFirst); },
      [](StoreBench& bench) { return bench.download(kSecond); },
      [](StoreBench& bench) { return bench.download_backwards(kThird); },
      [](StoreBench& bench) { return bench.close(); }}},
    {"resumptions",
     {[](StoreBench& bench) { return bench.download_half(kThird); }, [](StoreBench& bench) { return bench.open(); },
      [](StoreBench& bench) { return bench.download(kThird); },
      [](StoreBench& bench) { return bench.download_half(kSecond); }, [](StoreBench& bench) { return bench.close(); }}},
    {"doubts",
     {[](StoreBench& bench) { return bench.put_small(kSecond); },
      [](StoreBench& bench) { return bench.touch(kSecond); }, [](StoreBench& bench) { return bench.download(kSecond); },
      [](StoreBench& bench) { return bench.touch(kSecond); }, [](StoreBench& bench) { return bench.verify(kSecond); },
      [](StoreBench& bench) { return bench.store->flush(); }}},
    {"strangers",
     {[](StoreBench& bench) { return bench.download_from_strangers(kSecond); },
      [](StoreBench& bench) { return bench.download_half(kThird); },
      [](StoreBench& bench) { return bench.download_from_strangers(kThird); },
      [](StoreBench& bench) { return bench.close(); }}},
    {"wrong_bytes",
     {[](StoreBench& bench) { return bench.download_half(kSecond); },
      [](StoreBench& bench) { return bench.download_wrong(kFirst); },
      [](StoreBench& bench) { return bench.download_wrong(kFirst); },
      [](StoreBench& bench) { return bench.discard(kSecond); },
      [](StoreBench& bench) { return bench.download_half(kSecond); },
      [](StoreBench& bench) { return bench.download(kFirst); }}},
    {"evictions",
     {[](StoreBench& bench) { return bench.put_small(kFirst); },
      [](StoreBench& bench) { return bench.download_half(kSecond); },
      [](StoreBench& bench) { return bench.download_into(kThird.size() + kFirst.size() / 2, kThird); },
      [](StoreBench& bench) { return bench.download_half(kSecond); },
      [](StoreBench& bench) { return bench.evict_all(); }, [](StoreBench& bench) { return bench.put_small(kFirst); },
      [](StoreBench& bench) { return bench.close(); }}},
    {"removals",
     {[](StoreBench& bench) { return bench.put_small(kFirst); },
      [](StoreBench& bench) { return bench.download(kSecond); },
      [](StoreBench& bench) { return bench.remove(kSecond); },
      [](StoreBench& bench) { return bench.download_half(kSecond); },
      [](StoreBench& bench) { return bench.download(kSecond); }, [](StoreBench& bench) { return bench.close(); }}},
};

class CrashTest : public testing::TestWithParam<std::tuple<Story, std::pair<const char*, Loss>>> {
 protected:
  // What had been reported when so many operations were done.
  struct Report {
    size_t operations;
    std::map<std::string, bool> told;
  };

  // Tells the story, and notes after each deed what was reported.  What a deed takes away may be gone from its first
  // operation on.
  void tell(StoreBench& bench, FaultDisk& disk) {
    for (auto& deed : std::get<Story>(GetParam()).deeds) {
      auto before = bench.told;
      auto begun = disk.journal().size();
      auto done = deed(bench);
      ASSERT_TRUE(done) << done.error().message;
      for (auto& [text, stored] : before) stored = stored && bench.told[text];
      reports.push_back({begun + 1, before});
      reports.push_back({disk.journal().size(), bench.told});
    }
  }
  std::map<std::string, bool> told_by(size_t operations) const {
    std::map<std::string, bool> told;
    for (auto& text : {kFirst, kSecond, kThird}) told[text] = false;
    for (auto& report : reports)
      if (report.operations <= operations)
        for (auto& [text, stored] : report.told) told[text] = stored;
    return told;
  }

  std::vector<Report> reports;
};

// Another run of the kernel finds another mark.
void pretend_another_boot(const std::filesystem::path& root) {
  if (is_there(root / "boot")) write_text(root / "boot", "another run of the kernel\n");
}

TEST_P(CrashTest, costs_nothing_that_was_reported) {
  auto loss = std::get<1>(GetParam()).second;
  StoreBench bench;
  std::filesystem::create_directory(bench.root);
  FaultDisk disk(bench.root);
  disk.record();
  ASSERT_TRUE(bench.open());
  tell(bench, disk);
  auto operations = disk.journal().size();
  RecordProperty("operations", static_cast<int>(operations));
  for (size_t crash = 0; crash <= operations && !HasFailure(); ++crash) {
    SCOPED_TRACE("after operation " + std::to_string(crash) + " of " + std::to_string(operations));
    StoreBench after;
    std::filesystem::create_directory(after.root);
    disk.reproduce(crash, loss, after.root);
    if (loss != Loss::nothing) pretend_another_boot(after.root);
    auto opened = after.open();
    ASSERT_TRUE(opened) << opened.error().message;
    after.told = told_by(crash);
    after.came_wrong = bench.came_wrong;
    EXPECT_EQ(after.faults(), "");
  }
}

TEST(CheckpointTest, claims_nothing_that_came_while_it_synced) {
  auto part = kThird.size() / 3;
  auto text_of_part = [&](uint64_t n) { return std::string_view(kThird).substr(n * part, part); };
  StoreBench bench, after;
  std::filesystem::create_directory(bench.root);
  std::filesystem::create_directory(after.root);
  FaultDisk disk(bench.root);
  disk.record();
  ASSERT_TRUE(bench.open());
  auto partial = bench.store->open_partial(sha256(kThird), kThird.size());
  ASSERT_TRUE(partial && (*partial)->write(part, text_of_part(1), Trust::trusted));
  bool came = false;
  disk.after_sync([&] { came = (*partial)->write(0, text_of_part(0), Trust::trusted).has_value(); });
  ASSERT_TRUE((*partial)->checkpoint() && came);
  disk.reproduce(disk.journal().size(), Loss::bytes_zeroed, after.root);
  pretend_another_boot(after.root);
  ASSERT_TRUE(after.open());
  auto left = after.store->open_partial(sha256(kThird), kThird.size());
  ASSERT_TRUE(left);
  EXPECT_EQ((*left)->present_ranges(), (std::vector<ByteRange>{{part, 2 * part}}));
}

const std::pair<const char*, Loss> kLosses[] = {{"nothing", Loss::nothing},
                                                {"all_unsynced", Loss::all_unsynced},
                                                {"bytes_zeroed", Loss::bytes_zeroed},
                                                {"bytes_cut", Loss::bytes_cut}};

std::string name_of_case(const testing::TestParamInfo<std::tuple<Story, std::pair<const char*, Loss>>>& info) {
  auto& [story, loss] = info.param;
  return std::string(story.name) + "__" + loss.first;
}

INSTANTIATE_TEST_SUITE_P(, CrashTest, testing::Combine(testing::ValuesIn(kStories), testing::ValuesIn(kLosses)),
                         name_of_case);

}  // namespace
}  // namespace weir::cas
