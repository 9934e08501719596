// SPDX-License-Identifier: Apache-2.0
// A process that fills a partial blob in any order, partly with lies that are replaced, killed at any moment.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "cas/partial_blob.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

constexpr uint64_t kPart = 64 << 10;
constexpr uint64_t kParts = 160;
constexpr int kKills = 12;

class PartialBlobKillTest : public StoreTest {
 protected:
  PartialBlobKillTest() {
    for (auto& byte : text) byte = static_cast<char>(1 + random() % 255);
    digest = sha256(text);
    std::iota(order.begin(), order.end(), 0);
  }
  std::shared_ptr<PartialBlob> open() {
    auto blob = store->open_partial(digest, text.size());
    EXPECT_TRUE(blob) << blob.error().message;
    return blob ? *blob : nullptr;
  }
  // The other process: tells each part that is written by a byte.
  [[noreturn]] void fill_and_tell(int told) {
    auto opened = BlobStore::open(Options{root});
    auto blob = opened ? (*opened)->open_partial(digest, text.size()) : fail(opened.error());
    if (!blob) ::_exit(1);
    for (auto part : order) {
      if ((*blob)->readable_from(part * kPart) > part * kPart) continue;
      if (part % 2 == 1 && !(*blob)->write(part * kPart, lie, Trust::untrusted)) ::_exit(1);
      if (part % 4 == 1 && !(*blob)->forget({part * kPart, (part + 1) * kPart})) ::_exit(1);
      if (!(*blob)->write(part * kPart, std::string_view(text).substr(part * kPart, kPart), Trust::trusted)) ::_exit(1);
      if (::write(told, "+", 1) != 1) ::_exit(1);
    }
    for (;;) ::pause();
  }
  // Returns how many parts were written at least.
  uint64_t fill_until_killed(uint64_t parts_at_least) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    pid_t child = ::fork();
    if (child == 0) fill_and_tell(ends[1]);
    ::close(ends[1]);
    uint64_t parts = 0;
    char byte = 0;
    while (parts < parts_at_least && ::read(ends[0], &byte, 1) == 1) ++parts;
    EXPECT_EQ(parts, parts_at_least) << "the process ended by itself";
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    return parts;
  }
  uint64_t check_claims() {
    auto blob = open();
    auto bytes = text_of_blob(*blob->file(), text.size());
    uint64_t claimed = 0;
    for (auto run : blob->readable_ranges()) {
      EXPECT_LE(run.end, bytes.size());
      EXPECT_EQ(bytes.compare(run.begin, run.size(), text, run.begin, run.size()), 0) << run.begin;
      claimed += run.size();
    }
    return claimed;
  }

  std::mt19937 random{3};
  std::string text = std::string(kPart * kParts, '\0');
  std::string lie = std::string(kPart, '#');
  Sha256 digest;
  std::vector<uint64_t> order = std::vector<uint64_t>(kParts);
};

TEST_F(PartialBlobKillTest, claims_what_was_written_and_loses_little) {
  uint64_t claimed = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    std::shuffle(order.begin(), order.end(), random);
    auto missing_parts = kParts - claimed / kPart;
    store.reset();
    auto written = claimed + kPart * fill_until_killed(random() % (missing_parts + 1));
    reopen();
    claimed = check_claims();
    ASSERT_LT(written, claimed + kMapSaveBytes + kPart) << "after kill " << kill;
  }
  auto blob = open();
  ASSERT_TRUE(blob->write(0, text, Trust::trusted));
  EXPECT_TRUE(blob->commit());
}

}  // namespace
}  // namespace weir::cas
