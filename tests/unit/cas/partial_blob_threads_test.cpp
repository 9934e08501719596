// SPDX-License-Identifier: Apache-2.0
// Readers, and checkpoints, beside the one that fills a partial blob.
#include <algorithm>
#include <atomic>
#include <functional>
#include <numeric>
#include <random>
#include <thread>

#include "cas/partial_blob.h"
#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

constexpr uint64_t kPart = 5'000;
constexpr uint64_t kParts = 200;

class PartialBlobThreadsTest : public StoreTest {
 protected:
  PartialBlobThreadsTest() {
    for (auto& byte : text) byte = static_cast<char>(1 + random() % 255);
    digest = sha256(text);
  }
  // Whether the file has the right bytes there.
  bool is_right(const PartialBlob& blob, ByteRange range) {
    std::string bytes(range.size(), '\0');
    ssize_t got = ::pread(blob.fd(), bytes.data(), bytes.size(), static_cast<off_t>(range.begin));
    return got == static_cast<ssize_t>(bytes.size()) && text.compare(range.begin, range.size(), bytes) == 0;
  }
  // Looks at what may be read until it is all.  It must be right and never become less.
  void read_all(const PartialBlob& blob) {
    uint64_t readable = 0;
    for (uint64_t round = 0; readable < text.size() && !wrong; ++round) {
      for (auto run : blob.readable_ranges())
        if (!is_right(blob, run)) wrong = true;
      auto begin = round * kPart % text.size();
      auto end = blob.readable_from(begin);
      if (end > begin && !is_right(blob, {begin, end})) wrong = true;
      if (blob.readable() < readable || blob.hashed() > blob.size()) wrong = true;
      readable = blob.readable();
    }
  }
  // What is missing now was missing before.
  void watch_gaps(const PartialBlob& blob) {
    while (!blob.complete() && !wrong) {
      auto before = blob.missing({0, text.size()});
      auto after = blob.missing({0, text.size()});
      if (bytes_in(after) > bytes_in(before)) wrong = true;
    }
  }
  // The part that is being written is either not to be read or right.
  void watch_current_part(const PartialBlob& blob) {
    while (blob.readable() < text.size() && !wrong) {
      auto begin = current_part * kPart;
      if (blob.readable_from(begin) > begin && !is_right(blob, {begin, begin + kPart})) wrong = true;
    }
  }
  static uint64_t bytes_in(const std::vector<ByteRange>& ranges) {
    return std::accumulate(ranges.begin(), ranges.end(), uint64_t{0},
                           [](uint64_t sum, ByteRange range) { return sum + range.size(); });
  }

  // Writes all parts, one after another, beside readers.
  void fill_beside_readers(const std::function<Result<void>(PartialBlob&, uint64_t part)>& write_part) {
    std::vector<uint64_t> order(kParts);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    auto opened = store->open_partial(digest, text.size());
    ASSERT_TRUE(opened);
    auto& blob = **opened;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) readers.emplace_back([&] { read_all(blob); });
    readers.emplace_back([&] { watch_current_part(blob); });
    if (gaps_shrink) readers.emplace_back([&] { watch_gaps(blob); });
    bool written = true;
    for (auto part : order) {
      current_part = part;
      written = written && write_part(blob, part) && blob.rehash(kPart);
    }
    if (!written) wrong = true;
    for (auto& reader : readers) reader.join();
    EXPECT_TRUE(written);
    EXPECT_FALSE(wrong);
    EXPECT_TRUE(blob.commit());
  }
  Result<void> write(PartialBlob& blob, uint64_t part) {
    TRY(blob.write(part * kPart, std::string_view(text).substr(part * kPart, kPart), Trust::trusted));
    return {};
  }

  std::mt19937 random{7};
  std::string text = std::string(kPart * kParts, '\0');
  Sha256 digest;
  bool gaps_shrink = true;
  std::atomic<bool> wrong{false};
  std::atomic<uint64_t> current_part{0};
};

TEST_F(PartialBlobThreadsTest, readers_see_right_bytes_only) {
  fill_beside_readers([&](PartialBlob& blob, uint64_t part) { return write(blob, part); });
}

TEST_F(PartialBlobThreadsTest, checkpoints_stand_in_nobodys_way) {
  auto opened = store->open_partial(digest, text.size());
  ASSERT_TRUE(opened);
  auto& blob = **opened;
  std::atomic<bool> done{false};
  std::thread other([&] {
    do {
      if (!blob.checkpoint()) wrong = true;
    } while (!done);
  });
  bool written = true;
  for (uint64_t part = kParts; part-- > 0;) written = written && write(blob, part) && blob.rehash(kPart);
  done = true;
  other.join();
  EXPECT_TRUE(written);
  EXPECT_FALSE(wrong);
  EXPECT_TRUE(blob.commit());
}

TEST_F(PartialBlobThreadsTest, readers_see_no_lie) {
  gaps_shrink = false;
  fill_beside_readers([&](PartialBlob& blob, uint64_t part) -> Result<void> {
    if (part % 2 == 0) TRY(blob.write(part * kPart, std::string(kPart, '#'), Trust::untrusted));
    if (part % 4 == 0) TRY(blob.forget({part * kPart, (part + 1) * kPart}));
    return write(blob, part);
  });
}

}  // namespace
}  // namespace weir::cas
