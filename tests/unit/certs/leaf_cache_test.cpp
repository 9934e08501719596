// SPDX-License-Identifier: Apache-2.0
#include "certs/leaf_cache.h"

#include <gmock/gmock.h>

#include <array>
#include <thread>

#include "tests/unit/certs/support.h"

namespace weir::certs {
namespace {

constexpr std::chrono::seconds kSecond{1};

class LeafCacheTest : public testing::Test {
 protected:
  std::shared_ptr<const LeafCertificate> get(std::string_view host, WallTime now = kNow) {
    return cache_.get(host, now).value();
  }

  TemporaryFolder folder_;
  std::unique_ptr<CertificateAuthority> authority_ =
      CertificateAuthority::open_or_create({folder_.path(), {"hf.co"}}, kNow).value();
  LeafCache cache_{*authority_, 3};
};

TEST_F(LeafCacheTest, a_host_has_one_leaf_however_it_is_spelt) {
  auto leaf = get("a.hf.co");
  EXPECT_EQ(get("A.HF.co."), leaf);
  EXPECT_NE(get("b.hf.co"), leaf);
  EXPECT_EQ(cache_.size(), 2U);
}

TEST_F(LeafCacheTest, threads_that_ask_at_once_get_one_leaf) {
  std::array<std::shared_ptr<const LeafCertificate>, 8> leaves;
  std::vector<std::thread> threads;
  threads.reserve(leaves.size());
  for (auto& leaf : leaves) threads.emplace_back([this, &leaf] { leaf = get("a.hf.co"); });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(leaves, testing::Each(get("a.hf.co")));
}

TEST_F(LeafCacheTest, threads_that_ask_for_many_hosts_get_the_right_ones) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([this, i] {
      for (int round = 0; round < 20; ++round) {
        auto host = std::to_string((i + round) % 5) + "a.hf.co";
        EXPECT_EQ(get(host)->host, host);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(cache_.size(), 3U);
}

TEST_F(LeafCacheTest, the_least_recently_asked_for_goes_first) {
  auto a = get("a.hf.co");
  auto b = get("b.hf.co");
  get("c.hf.co");
  EXPECT_EQ(get("a.hf.co"), a);
  get("d.hf.co");
  EXPECT_EQ(cache_.size(), 3U);
  EXPECT_EQ(get("a.hf.co"), a);
  EXPECT_NE(get("b.hf.co"), b);
}

TEST_F(LeafCacheTest, a_leaf_is_minted_anew_before_it_expires) {
  auto leaf = get("a.hf.co");
  auto renewal = leaf->not_after - kRenewLeafBelow;
  EXPECT_EQ(get("a.hf.co", renewal), leaf);
  auto renewed = get("a.hf.co", renewal + kSecond);
  EXPECT_NE(renewed, leaf);
  EXPECT_GT(renewed->not_after, leaf->not_after);
  EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(LeafCacheTest, a_leaf_is_valid_whichever_way_the_clock_jumps) {
  for (auto jump : {400 * kDay, -1 * kDay, 400 * kDay, 0 * kDay}) {
    auto leaf = get("a.hf.co", kNow + jump);
    EXPECT_LE(leaf->not_before, kNow + jump);
    EXPECT_GT(leaf->not_after, kNow + jump);
  }
}

TEST_F(LeafCacheTest, a_leaf_that_ends_with_the_ca_is_kept_to_its_end) {
  auto end = authority_->not_after();
  auto leaf = get("a.hf.co", end - kDay);
  EXPECT_EQ(get("a.hf.co", end - kSecond), leaf);
  EXPECT_FALSE(cache_.get("a.hf.co", end + kSecond));
}

TEST_F(LeafCacheTest, a_refusal_is_not_kept) {
  EXPECT_EQ(cache_.get("other.example", kNow).error().code, ErrorCode::refused);
  EXPECT_EQ(cache_.get("10.0.0.1", kNow).error().code, ErrorCode::invalid);
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(LeafCacheTest, a_leaf_outlives_its_place_in_the_cache) {
  auto leaf = get("a.hf.co");
  for (auto host : {"b.hf.co", "c.hf.co", "d.hf.co"}) get(host);
  EXPECT_EQ(verify_strictly(leaf->certificate, authority_->certificate(), "a.hf.co"), 0);
}

}  // namespace
}  // namespace weir::certs
