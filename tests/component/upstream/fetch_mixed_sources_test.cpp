// SPDX-License-Identifier: Apache-2.0
// Sources of all sorts at once, drawn by chance: the file always arrives as long as the origin gives it, and no client
// ever reads a wrong byte.
#include <gtest/gtest.h>

#include <random>

#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

constexpr size_t kMiB = 1 << 20;
constexpr size_t kSources = 4;

class FetchMixedSources : public FetchFixture, public testing::WithParamInterface<uint32_t> {
 protected:
  FetchMixedSources() {
    setup_.options.piece_size = kMiB;
    // Well above what a busy machine keeps a thread waiting for.
    setup_.options.stall_timeout = Duration(2'000);
    for (size_t i = 0; i < kSources; ++i) add(i);
  }

  static std::string host(size_t number) { return "source" + std::to_string(number) + ".hub.test"; }
  void add(size_t number) {
    SourceOptions source;
    source.name = source.place = host(number);
    source.kind = SourceKind::storj;
    source.url = Secret("https://" + host(number));
    source.share_private = true;
    source.trusted = below(4) == 0;
    // A trusted one may do everything but lie.
    auto what = source.trusted ? 1 + below(5) : below(6);
    host_always(host(number), what == 0 ? file(wrong()) : behaviour(what));
    setup_.sources.push_back(std::move(source));
  }
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(random_()) % bound; }
  std::string wrong() {
    auto bytes = bytes_;
    for (auto flips = 1 + below(9); flips > 0; --flips) bytes[below(static_cast<uint32_t>(bytes.size()))] ^= 1;
    return bytes;
  }
  Reply behaviour(uint32_t what) {
    switch (what) {
      case 1:
        return status(404);
      case 2:
        return status(503);
      case 3:
        return cut_file(bytes_, 1 + below(2 * kMiB));
      case 4:  // it falls silent in the middle of each piece
        return gated_file(bytes_, bytes_.size() / 2 + below(kMiB), gate());
      default:
        return file(bytes_);
    }
  }

  std::mt19937 random_{GetParam()};
  std::string bytes_ = some_bytes(6 * kMiB + 5 + GetParam(), GetParam());
};

TEST_P(FetchMixedSources, bring_the_file_and_no_wrong_byte) {
  // The origin is never wrong, but breaks off now and then.
  for (auto cuts = below(4); cuts > 0; --cuts) cdn(cut_file(bytes_, 1 + below(kMiB)));
  cdn_always(file(bytes_));
  auto whole = join(bytes_);
  auto begin = below(6) * kMiB;
  auto part = join(request_for(bytes_, {begin, begin + 1000}));
  uint64_t seen = 0;
  bool right = true;
  ASSERT_TRUE(wait_until([&] {
    auto held = whole->held();
    right = right && whole->bytes_of({seen, held}) == bytes_.substr(seen, held - seen);
    seen = held;
    auto of_part = part->progress ? std::min<uint64_t>(part->progress->readable_from(begin), begin + 1000) : begin;
    right = right && (of_part == begin || part->bytes_of({begin, of_part}) == bytes_.substr(begin, of_part - begin));
    return whole->ended();
  }));
  EXPECT_TRUE(right) << "a wrong byte could be read";
  ASSERT_TRUE(whole->verified()) << whole->progress->failure().message;
  EXPECT_TRUE(whole->readable() == bytes_);
}

INSTANTIATE_TEST_SUITE_P(, FetchMixedSources, testing::Range(1U, 17U), testing::PrintToStringParamName());

}  // namespace
}  // namespace weir::upstream
