// SPDX-License-Identifier: Apache-2.0
// What goes wrong at the origin, and what becomes of the fetch and of its bytes.
#include <ostream>

#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

constexpr size_t kMiB = 1 << 20;

class FetchFaults : public FetchFixture {
 protected:
  // The fetch has failed, with these words in its message.
  void expect_failure(const FetchClient& client, const std::string& words, int status = 502) {
    ASSERT_TRUE(client.failed());
    EXPECT_EQ(client.progress->failure().status, status);
    EXPECT_NE(client.progress->failure().message.find(words), std::string::npos) << client.progress->failure().message;
    EXPECT_FALSE(is_stored(bytes_));
    EXPECT_EQ(table().counters().failed, 1U);
    ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  }
  std::string chunked(const std::string& bytes, const std::string& end = "0\r\n\r\n") {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (size + bytes) + "\r\n" + end;
  }

  std::string bytes_ = some_bytes(3 * kMiB + 5);
};

// --- bodies that are cut

class CutBodies : public FetchFaults, public testing::WithParamInterface<size_t> {};

TEST_P(CutBodies, go_on_where_they_were_cut) {
  cdn(cut_file(bytes_, GetParam()));
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
  ASSERT_EQ(cdn_requests().size(), 2U);
  EXPECT_EQ(field_of(cdn_requests()[1], "Range"), GetParam() == 0 ? "" : "bytes=" + std::to_string(GetParam()) + "-");
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
}

INSTANTIATE_TEST_SUITE_P(, CutBodies, testing::Values(0, 1, 1000, kMiB, 3 * kMiB + 4),
                         testing::PrintToStringParamName());

TEST_F(FetchFaults, many_cuts_are_no_failure_while_each_brings_something) {
  setup_.options.max_retries = 1;
  for (int i = 0; i < 6; ++i) cdn(cut_file(bytes_, kMiB / 2));
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(cdn_requests().size(), 7U);
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
}

TEST_F(FetchFaults, a_reset_goes_on_too) {
  cdn([&](fakes::TlsConnection& connection, const std::string&) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes_.size()) + "\r\n\r\n" +
                     bytes_.substr(0, kMiB));
    connection.reset();
    return false;
  });
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  EXPECT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
}

TEST_F(FetchFaults, a_body_that_ends_properly_but_early_goes_on) {
  cdn(text(chunked(bytes_.substr(0, kMiB))));
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(field_of(cdn_requests()[1], "Range"), "bytes=" + std::to_string(kMiB) + "-");
}

TEST_F(FetchFaults, all_bytes_are_all_bytes_although_the_end_is_cut) {
  cdn([&](fakes::TlsConnection& connection, const std::string&) {
    connection.write(chunked(bytes_, ""));
    connection.close_without_notify();
    return false;
  });
  auto client = fetch(bytes_);
  EXPECT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(cdn_requests().size(), 1U);
}

TEST_F(FetchFaults, what_came_is_kept_when_no_more_comes) {
  setup_.options.max_retries = 2;
  cdn(cut_file(bytes_, kMiB + 7));
  auto client = fetch(bytes_);
  expect_failure(*client, "the answer was 500");
  EXPECT_EQ(cdn_requests().size(), 3U);
  client.reset();
  EXPECT_EQ(held_part(bytes_), kMiB + 7);
}

// --- answers

struct Trouble {
  const char* name;
  Reply reply;
  const char* words;
  int status = 502;  // that clients get for it
};

void PrintTo(const Trouble& trouble, std::ostream* out) {
  *out << trouble.name;
}

class PassingTroubles : public FetchFaults, public testing::WithParamInterface<Trouble> {};

TEST_P(PassingTroubles, are_tried_again) {
  cdn(GetParam().reply);
  cdn(GetParam().reply);
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  EXPECT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_EQ(cdn_requests().size(), 3U);
  EXPECT_EQ(table().counters().failed, 0U);
}

TEST_P(PassingTroubles, end_the_fetch_when_they_last) {
  setup_.options.max_retries = 2;
  cdn_always(GetParam().reply);
  auto client = fetch(bytes_);
  expect_failure(*client, GetParam().words, GetParam().status);
  EXPECT_EQ(cdn_requests().size(), 3U);
}

Reply hang_up() {
  return [](fakes::TlsConnection& connection, const std::string&) {
    connection.close_without_notify();
    return false;
  };
}

INSTANTIATE_TEST_SUITE_P(
    , PassingTroubles,
    testing::Values(
        Trouble{"internal_error", status(500), "500"}, Trouble{"unavailable", status(503), "503"},
        Trouble{"too_many", status(429), "429", 429},
        Trouble{"too_many_for_now", status(429, "Retry-After: 0\r\n"), "429", 429},
        Trouble{"timeout", status(408), "408"}, Trouble{"silence", hang_up(), "cdn.hub.test"},
        Trouble{"another_length", text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), "5 bytes"},
        Trouble{"encoded", status(200, "Content-Encoding: gzip\r\n"), "gzip"},
        Trouble{"switching", text("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "another protocol"},
        Trouble{"two_lengths", text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
                "no valid HTTP"},
        Trouble{
            "a_part",
            text("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/3145733\r\nContent-Length: 5\r\n\r\nhello"),
            "another range"}),
    [](const auto& tested) { return tested.param.name; });

class Refusals : public FetchFaults, public testing::WithParamInterface<Trouble> {};

TEST_P(Refusals, end_the_fetch_at_once) {
  cdn(GetParam().reply);
  auto client = fetch(bytes_);
  expect_failure(*client, GetParam().words);
  EXPECT_EQ(cdn_requests().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    , Refusals,
    testing::Values(Trouble{"missing", status(404), "404"}, Trouble{"no_content", status(204), "204"},
                    Trouble{"bad_request", status(400), "400"},
                    Trouble{"to_plain_http", status(302, "Location: http://cdn.hub.test/b\r\n"), "not by https"},
                    Trouble{"to_another_port", status(302, "Location: https://cdn.hub.test:8443/b\r\n"), "port 443"},
                    Trouble{"to_a_foreign_host", status(307, "Location: https://cdn.example.org/b\r\n"),
                            "not intercepted"},
                    Trouble{"to_nowhere", status(302), "no URL"},
                    Trouble{"to_two_places", status(302, "Location: /a\r\nLocation: /b\r\n"), "no URL"},
                    Trouble{"to_what_is_no_url", status(302, "Location: https://cdn.hub.test/a b\r\n"), "no URL"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(FetchFaults, nobody_there_is_tried_again_and_then_told) {
  setup_.options.max_retries = 2;
  // A port that was free a moment ago.
  uint16_t port = fakes::TlsServer(ca_.issue(), [](auto&) {}).port();
  setup_.origin.connect_to = {"::127.0.0.1:" + std::to_string(port)};
  auto client = fetch(bytes_);
  expect_failure(*client, "cdn.hub.test");
}

TEST_F(FetchFaults, a_bad_certificate_is_not_tried_again) {
  setup_.trusted_roots = fakes::TestCa("Another CA").pem();
  auto client = fetch(bytes_);
  expect_failure(*client, "cdn.hub.test");
  EXPECT_EQ(cdn_requests().size(), 0U);
}

// --- wrong bytes

TEST_F(FetchFaults, wrong_bytes_are_never_verified) {
  auto wrong = bytes_;
  wrong[kMiB] ^= 1;
  cdn(file(wrong));
  auto client = fetch(bytes_);
  expect_failure(*client, "are not the file");
  EXPECT_EQ(table().counters().wrong_bytes, 1U);
  EXPECT_EQ(table().counters().completed, 0U);
  EXPECT_TRUE(store_->recent_quarantine(sha256(bytes_), wall_now()));
  // Nothing of them is taken up again.
  client.reset();
  EXPECT_EQ(held_part(bytes_), 0U);
  cdn(file(bytes_));
  EXPECT_TRUE(fetch(bytes_)->verified());
  EXPECT_EQ(field_of(cdn_requests()[1], "Range"), "");
}

TEST_F(FetchFaults, wrong_bytes_of_a_former_run_are_found) {
  auto wrong = bytes_;
  wrong[5] ^= 1;
  {
    auto partial = store_->open_partial(sha256(bytes_), bytes_.size());
    ASSERT_TRUE(partial && (*partial)->append(wrong.substr(0, kMiB)));
  }
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  expect_failure(*client, "are not the file");
  EXPECT_EQ(table().counters().wrong_bytes, 1U);
}

TEST_F(FetchFaults, a_body_of_too_many_bytes_is_cut_and_the_digest_decides) {
  cdn(text(chunked(bytes_ + "and more")));
  auto client = fetch(bytes_);
  EXPECT_TRUE(client->verified());
  EXPECT_TRUE(client->readable() == bytes_);
}

TEST_F(FetchFaults, a_wrong_body_of_too_many_bytes_is_wrong) {
  auto wrong = bytes_;
  wrong[0] ^= 1;
  cdn(text(chunked(wrong + std::string(kMiB, 'x'))));
  auto client = fetch(bytes_);
  expect_failure(*client, "are not the file");
}

}  // namespace
}  // namespace weir::upstream
