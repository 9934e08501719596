// SPDX-License-Identifier: Apache-2.0
#include "cas/trust_map.h"

#include <gmock/gmock.h>

#include <random>

namespace weir::cas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TrustMapTest, tells_what_is_present_from_what_is_readable) {
  TrustMap map(100);
  map.add({0, 10}, Trust::trusted);
  map.add({10, 20}, Trust::untrusted);
  map.add({20, 30}, Trust::trusted);
  map.add({50, 60}, Trust::untrusted);
  EXPECT_EQ(map.present(), 30U);
  EXPECT_THAT(map.present_ranges(), ElementsAre(ByteRange{0, 30}, ByteRange{50, 60}));
  EXPECT_THAT(map.missing({25, 55}), ElementsAre(ByteRange{30, 50}));
  EXPECT_EQ(map.readable_from(0), 10U);
  EXPECT_EQ(map.readable_from(10), 10U);
  EXPECT_EQ(map.readable_from(25), 30U);
  EXPECT_EQ(map.readable_from(200), 200U);
  EXPECT_THAT(map.readable_ranges(), ElementsAre(ByteRange{0, 10}, ByteRange{20, 30}));
  EXPECT_THAT(map.untrusted({15, 52}), ElementsAre(ByteRange{15, 20}, ByteRange{50, 52}));
  EXPECT_THAT(map.runs(), ElementsAre(TrustRun{0, 10, Trust::trusted}, TrustRun{10, 20, Trust::untrusted},
                                      TrustRun{20, 30, Trust::trusted}, TrustRun{50, 60, Trust::untrusted}));
}

TEST(TrustMapTest, leaves_trusted_bytes_trusted) {
  TrustMap map(100);
  map.add({10, 20}, Trust::trusted);
  map.add({0, 30}, Trust::untrusted);
  EXPECT_THAT(map.readable_ranges(), ElementsAre(ByteRange{10, 20}));
  EXPECT_EQ(map.forget({5, 25}), 10U);
  EXPECT_THAT(map.runs(),
              ElementsAre(TrustRun{0, 5, Trust::untrusted}, TrustRun{10, 20}, TrustRun{25, 30, Trust::untrusted}));
  EXPECT_EQ(map.forget({10, 20}), 0U);
}

TEST(TrustMapTest, trusts_all_at_once) {
  TrustMap map(100);
  map.add({10, 20}, Trust::untrusted);
  map.add({20, 30}, Trust::trusted);
  map.trust_all();
  EXPECT_FALSE(map.has_untrusted());
  EXPECT_THAT(map.runs(), ElementsAre(TrustRun{10, 30}));
  EXPECT_THAT(map.untrusted({0, 100}), IsEmpty());
}

// The same with a letter for each byte.
class Letters {
 public:
  explicit Letters(uint64_t size) : letters_(size, kAbsent) {}

  void add(ByteRange range, Trust trust) {
    for (auto at = range.begin; at < std::min(range.end, letters_.size()); ++at)
      if (letters_[at] != kTrusted) letters_[at] = trust == Trust::trusted ? kTrusted : kUntrusted;
  }
  uint64_t forget(ByteRange range) {
    uint64_t bytes = 0;
    for (auto at = range.begin; at < std::min(range.end, letters_.size()); ++at) {
      if (letters_[at] != kUntrusted) continue;
      letters_[at] = kAbsent;
      ++bytes;
    }
    return bytes;
  }
  // The runs of bytes with one of these letters.
  std::vector<ByteRange> ranges(std::string_view wanted, ByteRange within) const {
    std::vector<ByteRange> ranges;
    for (auto at = within.begin; at < std::min(within.end, letters_.size()); ++at) {
      if (wanted.find(letters_[at]) == std::string_view::npos) continue;
      if (ranges.empty() || ranges.back().end != at) ranges.push_back({at, at});
      ++ranges.back().end;
    }
    return ranges;
  }
  uint64_t end_of(std::string_view wanted, uint64_t at) const {
    while (at < letters_.size() && wanted.find(letters_[at]) != std::string_view::npos) ++at;
    return at;
  }

  static constexpr char kAbsent = '.', kUntrusted = 'u', kTrusted = 't';

 private:
  std::string letters_;
};

class TrustMapModelTest : public testing::TestWithParam<unsigned> {};

TEST_P(TrustMapModelTest, says_what_the_letters_say) {
  constexpr uint64_t kSize = 80;
  std::mt19937 random(GetParam());
  auto up_to = [&](uint64_t most) { return std::uniform_int_distribution<uint64_t>(0, most)(random); };
  TrustMap map(kSize);
  Letters model(kSize);
  for (int step = 0; step < 300; ++step) {
    auto begin = up_to(kSize);
    ByteRange range{begin, begin + up_to(9)};
    auto deed = up_to(9);
    auto trust = deed < 3 ? Trust::trusted : Trust::untrusted;
    if (deed == 9) {
      ASSERT_EQ(map.forget(range), model.forget(range));
    } else {
      map.add(range, trust);
      model.add(range, trust);
    }
    ByteRange whole{0, kSize};
    ByteRange within{begin, begin + up_to(kSize)};
    ASSERT_EQ(map.present(), model.end_of("ut", 0));
    ASSERT_EQ(map.present_ranges(), model.ranges("ut", whole));
    ASSERT_EQ(map.readable_ranges(), model.ranges("t", whole));
    ASSERT_EQ(map.missing(within), model.ranges(".", within));
    ASSERT_EQ(map.untrusted(within), model.ranges("u", within));
    ASSERT_EQ(map.has_untrusted(), !model.ranges("u", whole).empty());
    for (uint64_t at = 0; at <= kSize; ++at) ASSERT_EQ(map.readable_from(at), model.end_of("t", at)) << at;
    TrustMap again(kSize);
    for (const auto& run : map.runs()) again.add({run.begin, run.end}, run.trust);
    ASSERT_EQ(again.runs(), map.runs());
    ASSERT_EQ(again.readable_ranges(), map.readable_ranges());
  }
}

INSTANTIATE_TEST_SUITE_P(, TrustMapModelTest, testing::Range(0U, 20U));

}  // namespace
}  // namespace weir::cas
