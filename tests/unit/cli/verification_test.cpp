// SPDX-License-Identifier: Apache-2.0
#include "cli/verification.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/refetch.h"

namespace weir::cli {
namespace {

using testing::HasSubstr;

std::vector<StoredBlob> blobs(int count) {
  std::vector<StoredBlob> made;
  for (int i = 0; i < count; ++i) made.push_back({sha256(std::to_string(i)), 10, {}});
  std::sort(made.begin(), made.end(), [](auto& a, auto& b) { return a.digest < b.digest; });
  return made;
}

TEST(Sample, is_a_share_or_a_part) {
  EXPECT_EQ(parse_sample("5%"), (Sample{0.05, 1, 1}));
  EXPECT_EQ(parse_sample("0.5%"), (Sample{0.005, 1, 1}));
  EXPECT_EQ(parse_sample("100%"), (Sample{1, 1, 1}));
  EXPECT_EQ(parse_sample("3/20"), (Sample{1, 3, 20}));
  for (const char* bad : {"", "%", "5", "0%", "-5%", "101%", "nan%", "inf%", "5%%", "0/3", "4/3", "1/0", "/", "1/",
                          "/1", "1/2/3", "1/200000", " 5%", "-1/3"})
    EXPECT_FALSE(parse_sample(bad)) << bad;
}

TEST(Sample, of_parts_covers_all_once) {
  std::mt19937_64 random;
  size_t all = 0;
  for (uint32_t part = 1; part <= 7; ++part) {
    auto chosen = choose(blobs(100), {1, part, 7}, random);
    EXPECT_EQ(chosen, choose(blobs(100), {1, part, 7}, random)) << "the same each time";
    all += chosen.size();
  }
  EXPECT_EQ(all, 100U);
}

TEST(Sample, of_a_share_is_random_and_never_empty) {
  std::mt19937_64 random;
  EXPECT_EQ(choose(blobs(1000), {0.05, 1, 1}, random).size(), 50U);
  EXPECT_NE(choose(blobs(1000), {0.05, 1, 1}, random), choose(blobs(1000), {0.05, 1, 1}, random));
  EXPECT_EQ(choose(blobs(3), {0.01, 1, 1}, random).size(), 1U);
  EXPECT_TRUE(choose({}, {0.01, 1, 1}, random).empty());
  EXPECT_EQ(choose(blobs(30), {}, random), blobs(30));
}

TEST(Verification, is_told_in_words) {
  Verification verification{2, 3'000'000, {}};
  EXPECT_EQ(verification_text(verification), "2 blobs, 3.0 MB: all right\n");
  StoredBlob blob{sha256("x"), 5, {{"org/name", "main", "a.bin"}}};
  verification.findings = {{blob, cas::Verdict::wrong, "fetched again"}, {blob, cas::Verdict::unreadable, ""}};
  auto text = verification_text(verification);
  EXPECT_THAT(text, HasSubstr("wrong  it is in quarantine; fetched again\n"));
  EXPECT_THAT(text, HasSubstr("unreadable  the disk does not give its bytes\n"));
  EXPECT_THAT(text, HasSubstr("a.bin"));
  EXPECT_THAT(text, HasSubstr("2 blobs, 3.0 MB: 2 not right; weir verify --fix downloads what it knows a name of\n"));
  verification.findings.pop_back();
  EXPECT_THAT(verification_text(verification), HasSubstr("2 blobs, 3.0 MB: 1 not right\n"));
}

TEST(Verification, is_told_as_json) {
  StoredBlob blob{sha256("x"), 5, {{"org/name", "main", "a.bin"}}};
  auto json = nlohmann::json::parse(verification_json({1, 5, {{blob, cas::Verdict::wrong, ""}}}));
  EXPECT_EQ(json["blobs"], 1);
  EXPECT_EQ(json["findings"][0]["sha256"], blob.digest.hex());
  EXPECT_EQ(json["findings"][0]["verdict"], "wrong");
  EXPECT_TRUE(json["findings"][0]["repair"].is_null());
  EXPECT_EQ(json["findings"][0]["names"][0]["repo"], "org/name");
}

TEST(Verification, shows_how_far_it_is) {
  EXPECT_EQ(progress_line(1, 2, 1000, 2'000'000), "1 of 2 blobs, 1.0 kB of 2.0 MB");
}

TEST(Refetch, asks_by_the_hub_s_name) {
  EXPECT_EQ(resolve_target({"org/name", "main", "dir/a b%.bin"}), "/org/name/resolve/main/dir/a%20b%25.bin");
  EXPECT_EQ(resolve_target({"datasets/org/name", "refs/pr/1", "x"}), "/datasets/org/name/resolve/refs%2Fpr%2F1/x");
}

}  // namespace
}  // namespace weir::cli
