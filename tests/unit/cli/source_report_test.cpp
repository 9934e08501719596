// SPDX-License-Identifier: Apache-2.0
#include "cli/source_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(SourceReportTest, shows_each_source_in_a_line_and_its_troubles_below) {
  auto text = sources_text(R"({"sources": [
      {"name": "origin", "kind": "origin", "host": null, "trusted": true, "state": "reachable",
       "bytes_per_second": 20000000, "bytes": 1234567, "errors": 0, "blamed": 0, "trouble": null,
       "left_out_until": null, "last_blamed": null},
      {"name": "nas", "kind": "storj", "host": "nas.test", "trusted": false, "state": "left out",
       "bytes_per_second": 0, "bytes": 0, "errors": 3, "blamed": 1, "trouble": "the answer was\u001b 500",
       "last_trouble": 0, "left_out_until": 60, "last_blamed": "abcd", "last_blame": 1}]})");
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text,
            "NAME    KIND    HOST      STATE               SPEED      SERVED  ERRORS  BLAMED\n"
            "origin  origin  -         reachable, trusted  20.0 MB/s  1.2 MB  0       0\n"
            "nas     storj   nas.test  left out            -          0 B     3       1\n"
            "nas: 1970-01-01 00:00:00 UTC: the answer was\\x1b 500\n"
            "nas: 1970-01-01 00:00:01 UTC: it sent wrong bytes of abcd\n"
            "nas: left out until 1970-01-01 00:01:00 UTC\n");
}

TEST(SourceReportTest, what_is_no_page_of_sources_is_an_error) {
  for (const auto* text : {"", "[]", "{}", R"({"sources": 1})"}) EXPECT_FALSE(sources_text(text)) << text;
  EXPECT_TRUE(sources_text(R"({"sources": [1, {}]})")) << "of a newer or older proxy";
}

TEST(SourceReportTest, configured_sources_show_no_url) {
  upstream::SourceOptions storj;
  storj.name = "nas";
  storj.kind = upstream::SourceKind::storj;
  storj.url = Secret("https://nas.test/jwsecret");
  storj.place = "nas.test";
  storj.enabled = false;
  std::vector<upstream::SourceOptions> sources = {upstream::origin_source(), storj};
  EXPECT_EQ(configured_sources_text(sources),
            "no proxy runs on this store; configured are\n"
            "NAME    KIND    HOST      STATE\n"
            "origin  origin  -         on, trusted\n"
            "nas     storj   nas.test  off\n");
  auto text = configured_sources_json(sources);
  EXPECT_THAT(text, AllOf(HasSubstr("nas.test"), Not(HasSubstr("jwsecret"))));
  auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["sources"][1]["enabled"], false);
  EXPECT_TRUE(json["sources"][1]["state"].is_null());
}

TEST(SourceReportTest, says_who_gave_bytes_meanwhile) {
  auto page = [](uint64_t origin, uint64_t nas) {
    return nlohmann::json{{"sources",
                           {{{"name", "origin"}, {"kind", "origin"}, {"bytes", origin}},
                            {{"name", "nas"}, {"kind", "storj"}, {"bytes", nas}}}}}
        .dump();
  };
  EXPECT_EQ(sources_since(page(5, 7), page(1'000'005, 2'000'007)), "sources: origin 1.0 MB, nas 2.0 MB\n");
  EXPECT_EQ(sources_since(page(5, 7), page(5, 2'000'007)), "sources: nas 2.0 MB\n");
  EXPECT_EQ(sources_since(page(5, 7), page(6, 7)), "") << "the origin alone";
  EXPECT_EQ(sources_since("", page(6, 8)), "");
  EXPECT_EQ(sources_since(page(6, 8), "not JSON"), "");
}

}  // namespace
}  // namespace weir::cli
