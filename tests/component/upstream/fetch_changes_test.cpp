// SPDX-License-Identifier: Apache-2.0
// A file that changes at its place while it is fetched, as its entity tag tells; and origins that ask for patience.
#include <gmock/gmock.h>

#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr size_t kMiB = 1 << 20;

class FetchChanges : public FetchFixture {
 protected:
  // Serves `bytes` under that tag, up to `after`; If-Range is honoured.
  static Reply tagged(const std::string& bytes, const std::string& tag, size_t after = SIZE_MAX) {
    return [=](fakes::TlsConnection& connection, const std::string& head) {
      auto range = field_of(head, "Range");
      auto if_range = field_of(head, "If-Range");
      size_t begin = range.empty() || (!if_range.empty() && if_range != tag) ? 0 : std::stoul(range.substr(6));
      auto answer = begin == 0 ? "HTTP/1.1 200 OK\r\n"
                               : "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(begin) + "-" +
                                     std::to_string(bytes.size() - 1) + "/" + std::to_string(bytes.size()) + "\r\n";
      answer += "ETag: " + tag + "\r\nContent-Length: " + std::to_string(bytes.size() - begin) + "\r\n\r\n";
      bool cut = after < bytes.size();
      connection.write(answer + bytes.substr(begin, cut ? after - begin : std::string::npos));
      if (cut) connection.close_without_notify();
      return !cut;
    };
  }

  // A run that ends in the middle.
  void leave_a_part(const std::string& tag) {
    setup_.options.max_retries = 0;
    cdn(tagged(bytes_, tag, kMiB));
    ASSERT_TRUE(fetch(bytes_)->failed());
    end_table();
  }

  std::string bytes_ = some_bytes(2 * kMiB + 5);
  std::string other_ = some_bytes(2 * kMiB + 5, 7);
};

TEST_F(FetchChanges, what_is_resumed_must_bear_the_same_tag) {
  cdn(tagged(bytes_, "\"a\"", kMiB));
  cdn(tagged(bytes_, "\"a\""));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(field_of(cdn_requests()[0], "If-Range"), "");
  EXPECT_EQ(field_of(cdn_requests()[1], "If-Range"), "\"a\"");
  EXPECT_EQ(field_of(cdn_requests()[1], "Range"), "bytes=" + std::to_string(kMiB) + "-");
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
}

TEST_F(FetchChanges, a_weak_tag_is_not_asked_with) {
  cdn(tagged(bytes_, "W/\"a\"", kMiB));
  cdn(tagged(bytes_, "W/\"b\""));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(field_of(cdn_requests()[1], "If-Range"), "");
}

TEST_F(FetchChanges, another_tag_rejects_what_came_and_the_next_fetch_begins_anew) {
  cdn(tagged(other_, "\"a\"", kMiB));
  cdn(tagged(bytes_, "\"b\""));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->failed());
  auto failure = client->progress->failure();
  EXPECT_THAT(failure.message, HasSubstr("another ETag"));
  EXPECT_EQ(failure.remedy, FetchFailure::Remedy::start_over);
  // Who holds a part of it must not go on from there.
  EXPECT_TRUE(store_->recent_quarantine(sha256(bytes_), wall_now()));
  client.reset();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  EXPECT_EQ(held_part(bytes_), 0U);
  cdn(tagged(bytes_, "\"b\""));
  auto next = fetch(bytes_);
  EXPECT_TRUE(next->verified()) << next->progress->failure().message;
  EXPECT_EQ(field_of(cdn_requests()[2], "Range"), "");
}

// --- after a restart

TEST_F(FetchChanges, what_a_former_run_left_must_bear_the_same_tag) {
  leave_a_part("\"a\"");
  if (!keeps_attributes(folder_.path())) GTEST_SKIP() << "this file system keeps no attributes";
  cdn(tagged(bytes_, "\"a\""));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(field_of(cdn_requests()[1], "If-Range"), "\"a\"");
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size() - kMiB);
}

TEST_F(FetchChanges, another_tag_rejects_what_a_former_run_left) {
  leave_a_part("\"a\"");
  if (!keeps_attributes(folder_.path())) GTEST_SKIP() << "this file system keeps no attributes";
  cdn(tagged(bytes_, "\"b\""));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->failed());
  EXPECT_EQ(client->progress->failure().remedy, FetchFailure::Remedy::start_over);
  EXPECT_TRUE(store_->recent_quarantine(sha256(bytes_), wall_now()));
}

TEST_F(FetchChanges, the_tag_of_another_place_does_not_count_after_a_restart) {
  leave_a_part("\"a\"");
  auto request = request_for(bytes_);
  request.source.target = "/elsewhere/" + sha256(bytes_).hex();
  cdn(tagged(bytes_, "\"b\""));
  auto client = fetch(std::move(request));
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(field_of(cdn_requests()[1], "If-Range"), "");
  EXPECT_EQ(field_of(cdn_requests()[1], "Range"), "bytes=" + std::to_string(kMiB) + "-");
}

TEST_F(FetchChanges, tags_that_never_stay_are_left_to_the_digest) {
  cdn(tagged(bytes_, "\"a\"", kMiB));
  cdn(tagged(bytes_, "\"b\""));
  ASSERT_TRUE(fetch(bytes_)->failed());
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  cdn(tagged(bytes_, "\"c\"", kMiB));
  cdn(tagged(bytes_, "\"d\"", kMiB));
  cdn(tagged(bytes_, "\"e\""));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
}

TEST_F(FetchChanges, a_whole_answer_to_a_range_counts_with_all_its_bytes) {
  hold_part(bytes_, kMiB);
  cdn(text("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes_.size()) + "\r\n\r\n" + bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_NE(field_of(cdn_requests()[0], "Range"), "");
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
}

// --- patience

TEST_F(FetchChanges, a_wait_that_clients_do_not_last_is_told_to_them) {
  setup_.origin.connect_timeout = Duration(2'000);
  for (int code : {429, 503}) {
    cdn(status(code, "Retry-After: 60\r\n"));
    auto client = fetch(bytes_);
    ASSERT_TRUE(client->failed());
    auto failure = client->progress->failure();
    EXPECT_EQ(failure.status, code == 429 ? 429 : 502);
    EXPECT_EQ(failure.retry_after, Duration(60'000));
    client.reset();
    ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  }
  EXPECT_THAT(cdn_requests(), SizeIs(2));
}

TEST_F(FetchChanges, a_short_wait_is_waited_for_all_who_ask) {
  auto gate = this->gate();
  cdn([=](fakes::TlsConnection& connection, const std::string& head) {
    gate->wait();
    return status(429, "Retry-After: 1\r\n")(connection, head);
  });
  cdn(file(bytes_));
  auto first = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return gate->reached() && first->progress; }));
  auto asked_at = monotonic_now();
  gate->open();
  ASSERT_TRUE(wait_until([&] { return table().counters().retries == 1; }));
  auto second = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return first->verified() && second->verified(); }));
  EXPECT_GE(monotonic_now() - asked_at, Duration(1'000));
  EXPECT_THAT(cdn_requests(), SizeIs(2));
}

}  // namespace
}  // namespace weir::upstream
