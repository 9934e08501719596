// SPDX-License-Identifier: Apache-2.0
#include "proxy/access_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace weir::proxy {
namespace {

using testing::HasSubstr;

RequestRecord make_record() {
  RequestRecord record;
  record.outcome = Outcome::miss;
  record.from_store = 1;
  record.from_origin = 2;
  record.client = "127.0.0.1";
  record.method = "GET";
  record.host = "huggingface.co";
  record.path = "/a\nforged";
  record.status = 200;
  record.digest = sha256("");
  record.complete = true;
  record.started = MonotonicTime(Duration(1'000));
  return record;
}

// What is on stderr afterwards.
std::string written(const std::function<void()>& task) {
  testing::internal::CaptureStderr();
  task();
  return testing::internal::GetCapturedStderr();
}

TEST(AccessLogTest, says_all_in_one_line_and_no_more) {
  Loop loop;
  auto lines = written([&] {
    AccessLog log(loop);
    auto record = make_record();
    log.add(record, MonotonicTime(Duration(2'500)));
    record.complete = false;
    record.digest.reset();
    record.host.clear();
    log.add(record, MonotonicTime(Duration(1'000)));
    record.user = "ann";
    log.add(record, MonotonicTime(Duration(2'000)));
  });
  EXPECT_THAT(lines, HasSubstr(" info access 127.0.0.1 GET huggingface.co /a\\x0aforged 200 miss " + sha256("").hex() +
                               " store=1 origin=2 1.500s\n"));
  EXPECT_THAT(lines, HasSubstr("access 127.0.0.1 GET - /a\\x0aforged 200 miss - store=1 origin=2 0.000s cut\n"));
  EXPECT_THAT(lines, HasSubstr("origin=2 1.000s user=ann cut\n"));
}

TEST(AccessLogTest, writes_soon) {
  Loop loop;
  AccessLog log(loop);
  auto lines = written([&] {
    log.add(make_record(), MonotonicTime(Duration(2'500)));
    Timer end(loop, [&] { loop.stop(); });
    end.start(Duration(1'000));
    loop.run();
  });
  EXPECT_THAT(lines, HasSubstr("1.500s\n"));
}

TEST(AccessLogTest, writes_at_once_when_much_waits) {
  Loop loop;
  AccessLog log(loop);
  auto lines = written([&] {
    for (int i = 0; i < 1'000; ++i) log.add(make_record(), MonotonicTime(Duration(2'500)));
  });
  EXPECT_THAT(lines, HasSubstr("1.500s\n"));
}

}  // namespace
}  // namespace weir::proxy
