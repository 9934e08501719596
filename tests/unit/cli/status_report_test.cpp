// SPDX-License-Identifier: Apache-2.0
#include "cli/status_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kStatus = R"({"version": "0.1.0", "pid": 42, "listen": "127.0.0.1:9347", "started_at": 1795248000,
  "uptime_seconds": 7384, "store": {"path": "/s", "blobs": 1, "bytes": 1234567},
  "requests": {"hit": 1, "collapsed": 2, "miss": 3, "pass": 4, "tunnel": 5},
  "bytes": {"from_store": 5000000000, "from_origin": 999, "to_clients": 1000},
  "fetches": {"running": 1, "wrong_bytes": 2}, "connections": 2, "tunnels": 0, "passed_by": {"over_size": 1, "old_listing": 2}})";

TEST(ShowBytesTest, uses_powers_of_1000) {
  struct {
    uint64_t bytes;
    std::string shown;
  } const cases[] = {{0, "0 B"},
                     {999, "999 B"},
                     {1000, "1.0 kB"},
                     {1234567, "1.2 MB"},
                     {999'949, "999.9 kB"},
                     {999'999, "1.0 MB"},
                     {5'000'000'000, "5.0 GB"},
                     {UINT64_MAX, "18.4 EB"}};
  for (const auto& each : cases) EXPECT_EQ(show_bytes(each.bytes), each.shown);
}

TEST(StatusTextTest, says_all_of_it) {
  EXPECT_EQ(status_text(kStatus).value(),
            "weir 0.1.0 runs as process 42 on 127.0.0.1:9347, since 2026-11-21 08:00:00 UTC (2 h 3 min)\n"
            "store     1 blob, 1.2 MB in /s\n"
            "requests  1 hit, 2 collapsed, 3 miss, 4 pass, 5 tunnel\n"
            "bytes     5.0 GB from the store (saved), 999 B from the hub, 1.0 kB to clients\n"
            "now       2 connections, 0 tunnels, 1 download\n"
            "trouble   2 downloads with wrong bytes, in quarantine\n"
            "trouble   3 files went past the store; the log says why\n");
}

TEST(StatusTextTest, survives_every_cut_and_odd_types) {
  std::string whole = kStatus;
  for (size_t cut = 0; cut < whole.size(); ++cut) EXPECT_FALSE(status_text(whole.substr(0, cut))) << cut;
  for (auto text : {"[]", "1", "null", "\"x\""}) EXPECT_FALSE(status_text(text)) << text;
  auto odd =
      status_text(R"({"pid": "x", "version": "\u001b[2J", "store": [], "requests": 1, "bytes": {"from_store": -1}})");
  ASSERT_TRUE(odd);
  EXPECT_THAT(*odd, Not(HasSubstr("\x1b")));
}

TEST(SummaryTest, is_the_difference) {
  EXPECT_EQ(parse_transfers(kStatus), (Transfers{5'000'000'000, 999}));
  EXPECT_EQ(parse_transfers("{}"), std::nullopt);
  EXPECT_EQ(parse_transfers("x"), std::nullopt);
  EXPECT_EQ(summary_of({100, 100}, {2'100, 100}), "2.0 kB from the store, 0 B from the hub");
  EXPECT_EQ(summary_of({100, 100}, {100, 100}), "");
  EXPECT_EQ(summary_of({100, 100}, {50, 101}), "0 B from the store, 1 B from the hub");
}

const std::vector<StoredBlob> kBlobs = {
    {sha256("a"),
     1500,
     {{"org/model", "main", "model.bin"}, {"datasets/org/data", "refs/pr/1", "x\x1b\n\xc3\xa9.bin"}}},
    {sha256("b"), 0, {}}};

TEST(BlobsTextTest, lists_names_under_each_blob) {
  EXPECT_EQ(blobs_text(kBlobs),
            sha256("a").hex() +
                "     1.5 kB\n    org/model main model.bin\n    datasets/org/data refs/pr/1 x??\xc3\xa9.bin\n" +
                sha256("b").hex() + "        0 B\n2 blobs, 1.5 kB\n");
}

TEST(BlobsJsonTest, lists_the_same) {
  auto json = nlohmann::json::parse(blobs_json(kBlobs));
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["sha256"], sha256("a").hex());
  EXPECT_EQ(json[0]["size"], 1500);
  EXPECT_EQ(json[0]["names"][1]["repo"], "datasets/org/data");
  EXPECT_EQ(json[0]["names"][1]["path"], "x\x1b\n\xc3\xa9.bin");
  EXPECT_TRUE(json[1]["names"].empty());
  EXPECT_EQ(blobs_json({}), "[]\n");
}

}  // namespace
}  // namespace weir::cli
