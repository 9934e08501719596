// SPDX-License-Identifier: Apache-2.0
#include "cli/pull_report.h"

#include <gmock/gmock.h>

namespace weir::cli {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

TEST(PullReport, reads_where_bytes_came_from) {
  auto from_store = [](const char* value) { return is_from_store({{"Cache-Status", value}}); };
  EXPECT_TRUE(from_store("Weir; hit"));
  EXPECT_TRUE(from_store("Weir; hit; detail=\"remembered\""));
  EXPECT_TRUE(from_store("CloudFront; fwd=miss, Weir; hit"));
  for (const char* other : {"Weir; fwd=miss", "Weir; fwd=miss; collapsed", "Weir; fwd=bypass", "CloudFront; hit",
                            "Weir; hit, Other; fwd=miss", "Weir; hits", "Weir", ""})
    EXPECT_FALSE(from_store(other)) << other;
  EXPECT_FALSE(is_from_store({}));
}

TEST(PullReport, shows_how_far_it_is) {
  PullProgress progress(20, 3'000'000);
  MonotonicTime start{};
  EXPECT_EQ(progress.line({0, 0, 0}, start), "0 of 20 files, 0 B of 3.0 MB");
  EXPECT_EQ(progress.line({1, 500'000, 0}, start + seconds(1)),
            "1 of 20 files, 500.0 kB of 3.0 MB, 500.0 kB/s, 6 s left, from the hub");
  EXPECT_THAT(progress.line({2, 500'000, 500'000}, start + seconds(2)), HasSubstr("5 s left, from the store"));
  EXPECT_THAT(progress.line({2, 500'001, 500'001}, start + seconds(3)), HasSubstr("from the hub and the store"));
  // The last source stands until there is another.
  EXPECT_THAT(progress.line({2, 500'001, 500'001}, start + seconds(4)), HasSubstr("from the hub and the store"));
}

TEST(PullReport, shows_the_speed_of_late) {
  PullProgress progress(1, 1'000'000'000);
  MonotonicTime start{};
  for (int i = 0; i <= 20; ++i) progress.line({0, static_cast<uint64_t>(i) * 10'000'000, 0}, start + seconds(i));
  EXPECT_THAT(progress.line({0, 200'000'000, 0}, start + seconds(25)), HasSubstr("5.0 MB/s"));
  // A file that failed takes its bytes back.
  EXPECT_EQ(progress.line({0, 0, 0}, start + seconds(26)), "0 of 1 file, 0 B of 1.0 GB, from the hub");
}

TEST(PullReport, sums_up) {
  EXPECT_EQ(pull_summary({20, 15'100'000, 3'200'000}, 0, Duration(3249)),
            "20 files, 18.3 MB: 15.1 MB from the hub, 3.2 MB already held; 3.2 s\n");
  EXPECT_THAT(pull_summary({20, 0, 0}, 2, Duration(0)), HasSubstr("; 2 failed\n"));
}

TEST(PullReport, names_what_failed) {
  EXPECT_EQ(failure_lines({{"a\nb", "no"}}), "failed  a\\x0ab: no\n");
  EXPECT_THAT(failure_lines(std::vector<PullFailure>(30, {"a", "no"})), HasSubstr("failed  10 more files\n"));
  EXPECT_EQ(failure_lines({}), "");
}

TEST(PullReport, shows_times) {
  EXPECT_EQ(show_time_left(59), "59 s");
  EXPECT_EQ(show_time_left(200), "3 min 20 s");
  EXPECT_EQ(show_time_left(7260), "2 h 1 min");
}

}  // namespace
}  // namespace weir::cli
