// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_table.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

using Kind = SourceAnswer::Kind;
using State = SourceReport::State;

MonotonicTime at(double seconds) {
  return MonotonicTime(std::chrono::seconds(1'000'000)) + Duration(static_cast<Duration::rep>(seconds * 1000));
}

SourceOptions web(const std::string& name, const std::string& url = "https://a.test/secret") {
  SourceOptions options;
  options.name = name;
  options.kind = SourceKind::storj;
  options.url = Secret(url);
  options.place = "a.test";
  return options;
}

SourceAnswer answer(Kind kind, std::optional<Duration> pause = std::nullopt) {
  return {kind, {}, pause, "the answer was so"};
}

struct SourceTest : testing::Test {
  Source source{web("nas")};

  State state(double seconds) const { return source.report(at(seconds)).state; }
};

TEST_F(SourceTest, an_unused_one_may_be_asked) {
  EXPECT_TRUE(source.is_usable(at(0)));
  auto report = source.report(at(0));
  EXPECT_EQ(report.state, State::unused);
  EXPECT_EQ(report.name, "nas");
  EXPECT_EQ(report.place, "a.test");
  EXPECT_EQ(report.answered_ago, std::nullopt);
  EXPECT_EQ(report.trouble, "");
}

TEST_F(SourceTest, what_it_serves_is_counted) {
  source.answered(answer(Kind::use), at(0));
  source.received(3000, at(1));
  source.received(1000, at(2));
  auto report = source.report(at(5));
  EXPECT_EQ(report.bytes, 4000U);
  EXPECT_EQ(report.speed, 2000U);
  EXPECT_EQ(report.errors, 0U);
  EXPECT_EQ(report.state, State::reachable);
  EXPECT_EQ(report.answered_ago, Duration(3'000));
}

TEST_F(SourceTest, a_missing_blob_and_a_refusal_are_ordinary) {
  source.answered(answer(Kind::has_not), at(0));
  source.answered(answer(Kind::refuses), at(0));
  EXPECT_TRUE(source.is_usable(at(0)));
  EXPECT_EQ(source.report(at(0)).errors, 0U);
  EXPECT_EQ(state(0), State::reachable);
}

TEST_F(SourceTest, a_pause_that_was_asked_for_is_kept) {
  source.answered(answer(Kind::busy, Duration(20'000)), at(0));
  EXPECT_FALSE(source.is_usable(at(19)));
  EXPECT_EQ(state(19), State::left_out);
  EXPECT_EQ(source.report(at(19)).left_out_for, Duration(1'000));
  EXPECT_TRUE(source.is_usable(at(20)));
  EXPECT_EQ(state(20), State::unreachable);
  source.answered(answer(Kind::refuses, Duration(300'000)), at(20));
  EXPECT_FALSE(source.is_usable(at(319)));
}

TEST_F(SourceTest, troubles_in_a_row_leave_it_out_for_longer_and_longer) {
  double now = 0;
  for (double pause : {1, 2, 4, 8, 16, 32, 60, 60}) {
    source.failed("it did not answer", at(now));
    EXPECT_FALSE(source.is_usable(at(now + pause - 0.001))) << pause;
    EXPECT_TRUE(source.is_usable(at(now + pause))) << pause;
    now += pause;
  }
  source.received(1, at(now));
  source.answered(answer(Kind::busy), at(now));
  EXPECT_TRUE(source.is_usable(at(now + 1)));
}

TEST_F(SourceTest, many_connections_that_fail_together_are_one_trouble) {
  for (int i = 0; i < 16; ++i) source.failed("its connection was reset", at(0));
  EXPECT_TRUE(source.is_usable(at(1)));
  EXPECT_EQ(source.report(at(1)).errors, 16U);
  EXPECT_EQ(source.report(at(1)).trouble, "its connection was reset");
}

TEST_F(SourceTest, one_without_ranges_is_left_out) {
  source.answered(answer(Kind::unfit), at(0));
  EXPECT_FALSE(source.is_usable(at(599)));
  EXPECT_TRUE(source.is_usable(at(600)));
}

TEST_F(SourceTest, a_lie_in_a_head_concerns_that_blob) {
  source.answered(answer(Kind::lies), at(0));
  EXPECT_TRUE(source.is_usable(at(0)));
  EXPECT_EQ(source.report(at(0)).errors, 1U);
  EXPECT_EQ(state(0), State::unreachable);
}

TEST_F(SourceTest, blame_leaves_it_out_for_longer_each_time) {
  auto digest = sha256("x");
  EXPECT_FALSE(source.was_blamed_for(digest));
  source.blame(digest, at(0));
  EXPECT_TRUE(source.was_blamed_for(digest));
  EXPECT_FALSE(source.was_blamed_for(sha256("y")));
  EXPECT_FALSE(source.is_usable(at(599)));
  EXPECT_TRUE(source.is_usable(at(600)));
  source.received(1, at(600));
  source.blame(sha256("y"), at(600));
  EXPECT_FALSE(source.is_usable(at(600 + 1199)));
  EXPECT_TRUE(source.is_usable(at(600 + 1200)));
  auto report = source.report(at(700));
  EXPECT_EQ(report.blamed, 2U);
  EXPECT_EQ(report.blamed_for, sha256("y"));
  EXPECT_EQ(report.blamed_ago, Duration(100'000));
}

TEST_F(SourceTest, a_shorter_pause_does_not_end_a_longer_one) {
  source.blame(sha256("x"), at(0));
  source.answered(answer(Kind::busy, Duration(1'000)), at(1));
  EXPECT_FALSE(source.is_usable(at(599)));
}

TEST(SourceOfOrigin, is_never_left_out) {
  Source origin(origin_source());
  origin.failed("it did not answer", at(0));
  origin.answered(answer(Kind::busy, Duration(20'000)), at(0));
  EXPECT_TRUE(origin.is_usable(at(0)));
  EXPECT_EQ(origin.report(at(0)).state, State::unreachable);
  EXPECT_EQ(origin.report(at(0)).errors, 2U);
}

// --- the table

TEST(SourceTableTest, a_reload_keeps_what_is_known) {
  SourceTable table({origin_source(), web("nas"), web("old")});
  auto before = table.sources();
  before[1]->received(1000, at(0));
  auto changed = web("nas");
  changed.rate = 7;
  changed.enabled = false;
  table.use({origin_source(), web("new"), changed});
  auto after = table.sources();
  ASSERT_EQ(after.size(), 3U);
  EXPECT_EQ(after[0], before[0]);
  EXPECT_EQ(after[2], before[1]);
  EXPECT_EQ(after[2]->options()->rate, 7U);
  auto reports = table.reports(at(0));
  EXPECT_EQ(reports[1].name, "new");
  EXPECT_EQ(reports[2].bytes, 1000U);
  EXPECT_EQ(reports[2].state, State::off);
  EXPECT_FALSE(after[2]->is_usable(at(0)));
  EXPECT_FALSE(before[2]->is_usable(at(0))) << "it is gone from the configuration";
}

TEST(SourceTableTest, another_url_is_another_source) {
  SourceTable table({origin_source(), web("nas", "https://a.test/one")});
  auto before = table.sources();
  before[1]->blame(sha256("x"), at(0));
  table.use({origin_source(), web("nas", "https://a.test/two")});
  EXPECT_NE(table.sources()[1], before[1]);
  EXPECT_TRUE(table.sources()[1]->is_usable(at(0)));
}

SourceOptions peer(const std::string& name, const std::string& place) {
  auto options = web(name, "https://" + place);
  options.kind = SourceKind::peer;
  options.place = place;
  return options;
}

Peers::Sources peers(std::vector<SourceOptions> options) {
  return std::make_shared<const std::vector<SourceOptions>>(std::move(options));
}

std::vector<std::string> names(const SourceTable& table) {
  std::vector<std::string> names;
  for (const auto& source : table.sources()) names.push_back(source->options()->name);
  return names;
}

using Names = std::vector<std::string>;

TEST(SourceTableTest, peers_come_and_go) {
  SourceTable table({origin_source(), web("nas")});
  table.use_peers(peers({peer("lab", "b.test:1"), peer("desk", "c.test:1")}));
  EXPECT_EQ(names(table), (Names{"origin", "nas", "lab", "desk"}));
  auto before = table.sources();
  table.use_peers(peers({peer("desk", "c.test:1")}));
  EXPECT_EQ(names(table), (Names{"origin", "nas", "desk"}));
  EXPECT_EQ(table.sources()[2], before[3]);
  EXPECT_FALSE(before[2]->is_usable(at(0)));
  table.use({origin_source()});
  EXPECT_EQ(names(table), (Names{"origin", "desk"}));
}

TEST(SourceTableTest, a_configured_peer_is_one_source) {
  auto configured = peer("mine", "b.test:1");
  configured.trusted = true;
  SourceTable table({origin_source(), configured});
  table.use_peers(peers({peer("lab", "b.test:1")}));
  EXPECT_EQ(names(table), (Names{"origin", "mine"}));
}

TEST(SourceTableTest, two_of_a_name_are_told_apart) {
  SourceTable table({origin_source(), web("lab")});
  table.use_peers(peers({peer("lab", "b.test:1"), peer("lab", "c.test:1")}));
  EXPECT_EQ(names(table), (Names{"origin", "lab", "lab-2", "lab-3"}));
}

}  // namespace
}  // namespace weir::upstream
