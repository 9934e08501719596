// SPDX-License-Identifier: Apache-2.0
#include "proxy/source_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::proxy {
namespace {

using testing::HasSubstr;
using upstream::SourceReport;

const WallTime kNow{std::chrono::seconds(2'000'000'000)};

SourceReport origin() {
  SourceReport report;
  report.name = "origin";
  report.trusted = true;
  return report;
}

SourceReport liar() {
  SourceReport report;
  report.name = "nas";
  report.kind = upstream::SourceKind::storj;
  report.place = "nas.test:8443";
  report.state = SourceReport::State::left_out;
  report.left_out_for = Duration(60'000);
  report.answered_ago = Duration(5'000);
  report.failed_ago = Duration(7'000);
  report.trouble = "the answer was 500\xff";
  report.bytes = 4000;
  report.speed = 200;
  report.errors = 3;
  report.blamed = 1;
  report.blamed_for = sha256("x");
  report.blamed_ago = Duration(9'000);
  return report;
}

TEST(SourcePageTest, shows_what_is_known_and_null_for_what_is_not) {
  auto json = nlohmann::json::parse(sources_json({origin(), liar()}, kNow));
  ASSERT_EQ(json["sources"].size(), 2U);
  const auto& first = json["sources"][0];
  EXPECT_EQ(first["name"], "origin");
  EXPECT_EQ(first["kind"], "origin");
  EXPECT_EQ(first["state"], "unused");
  for (const auto* key :
       {"host", "left_out_until", "last_answer", "last_trouble", "trouble", "last_blamed", "last_blame"})
    EXPECT_TRUE(first[key].is_null()) << key;
  const auto& second = json["sources"][1];
  EXPECT_EQ(second["host"], "nas.test:8443");
  EXPECT_EQ(second["state"], "left out");
  EXPECT_EQ(second["left_out_until"], 2'000'000'060);
  EXPECT_EQ(second["last_answer"], 1'999'999'995);
  EXPECT_EQ(second["last_trouble"], 1'999'999'993);
  EXPECT_EQ(second["last_blame"], 1'999'999'991);
  EXPECT_EQ(second["last_blamed"], sha256("x").hex());
  EXPECT_EQ(second["bytes"], 4000);
  EXPECT_EQ(second["bytes_per_second"], 200);
  EXPECT_EQ(second["errors"], 3);
  EXPECT_EQ(second["blamed"], 1);
}

TEST(SourcePageTest, counts_each_source) {
  auto text = source_metrics({origin(), liar()});
  for (const auto* line :
       {"# TYPE weir_source_bytes_received_total counter\n", "weir_source_bytes_received_total{source=\"nas\"} 4000\n",
        "weir_source_errors_total{source=\"nas\"} 3\n", "weir_source_blamed_total{source=\"nas\"} 1\n",
        "weir_source_up{source=\"origin\"} 1\n", "weir_source_up{source=\"nas\"} 0\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace weir::proxy
