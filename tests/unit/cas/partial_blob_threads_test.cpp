// SPDX-License-Identifier: Apache-2.0
// Readers beside the one that fills a partial blob.
#include <algorithm>
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
  // Looks at what is held until it is all.  Everything that was said to be held must be.
  void read_all(const PartialBlob& blob, std::atomic<bool>& wrong) {
    uint64_t held = 0;
    for (uint64_t round = 0; !blob.complete() && !wrong; ++round) {
      for (auto run : blob.readable_ranges())
        if (!is_right(blob, run)) wrong = true;
      auto begin = round * kPart % text.size();
      auto end = blob.readable_from(begin);
      if (end > begin && !is_right(blob, {begin, end})) wrong = true;
      // What is missing now was missing before.
      auto before = blob.missing({0, text.size()});
      auto after = blob.missing({0, text.size()});
      if (bytes_in(after) > bytes_in(before) || blob.readable() < held || blob.hashed() > blob.size()) wrong = true;
      held = blob.readable();
    }
  }
  static uint64_t bytes_in(const std::vector<ByteRange>& ranges) {
    return std::accumulate(ranges.begin(), ranges.end(), uint64_t{0},
                           [](uint64_t sum, ByteRange range) { return sum + range.size(); });
  }

  std::mt19937 random{7};
  std::string text = std::string(kPart * kParts, '\0');
  Sha256 digest;
};

TEST_F(PartialBlobThreadsTest, readers_see_right_bytes_only) {
  std::vector<uint64_t> order(kParts);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  auto opened = store->open_partial(digest, text.size());
  ASSERT_TRUE(opened);
  auto& blob = **opened;
  std::atomic<bool> wrong{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back([&] { read_all(blob, wrong); });
  bool written = true;
  for (auto part : order) {
    written = written && blob.write(part * kPart, std::string_view(text).substr(part * kPart, kPart), Trust::trusted);
    written = written && blob.rehash(kPart);
  }
  if (!written) wrong = true;
  for (auto& reader : readers) reader.join();
  EXPECT_TRUE(written);
  EXPECT_FALSE(wrong);
  EXPECT_TRUE(blob.commit());
}

}  // namespace
}  // namespace weir::cas
