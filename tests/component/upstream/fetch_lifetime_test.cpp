// SPDX-License-Identifier: Apache-2.0
// Clients that leave, and the end of the table.
#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

constexpr size_t kMiB = 1 << 20;

class FetchLifetime : public FetchFixture {
 protected:
  // A client in a fetch of which `kMiB` bytes have come and the rest waits at the gate.
  std::unique_ptr<FetchClient> join_half() {
    cdn(gated_file(bytes_, kMiB, gate_));
    auto client = join(bytes_);
    EXPECT_TRUE(wait_until([&] { return client->held() >= kMiB; }));
    return client;
  }

  std::string bytes_ = some_bytes(3 * kMiB + 5);
  std::shared_ptr<Gate> gate_ = gate();
};

TEST_F(FetchLifetime, goes_on_without_clients) {
  auto client = join_half();
  client.reset();
  gate_->open();
  ASSERT_TRUE(wait_until([&] { return table().counters().completed == 1; }));
  EXPECT_TRUE(is_stored(bytes_));
  EXPECT_EQ(cdn_requests().size(), 1U);
}

// Clients that read parts leave as soon as they have them.
TEST_F(FetchLifetime, what_has_come_whole_is_published_without_clients) {
  cdn(gated_file(bytes_, kMiB, gate_));
  auto client = join(request_for(bytes_, {0, bytes_.size()}));
  ASSERT_TRUE(wait_until([&] { return client->held() >= kMiB; }));
  auto disk = hold_disk();
  gate_->open();
  ASSERT_TRUE(wait_until([&] { return table().counters().origin_bytes == bytes_.size(); }));
  client.reset();
  auto later = join(some_bytes(1));
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 2; })) << "the first one's end was not seen";
  disk->open();
  EXPECT_TRUE(wait_until([&] { return is_stored(bytes_); }));
}

TEST_F(FetchLifetime, ends_with_its_last_client_when_told_to) {
  setup_.options.finish_after_disconnect = false;
  auto first = join_half();
  auto second = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return second->progress != nullptr; }));
  first.reset();
  auto third = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return third->progress != nullptr; }));
  second.reset();
  EXPECT_EQ(table().counters().running, 1U);
  third.reset();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  EXPECT_FALSE(is_stored(bytes_));
  EXPECT_EQ(held_part(bytes_), kMiB);
}

// Whoever joins while the fetch is being given up gets one that works.
TEST_F(FetchLifetime, may_be_joined_in_the_moment_of_its_end) {
  setup_.options.finish_after_disconnect = false;
  cdn_always(file(bytes_));
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    auto leaving = join(bytes_);
    // In another stage each time: not yet open, transferring, writing.
    ASSERT_TRUE(wait_until([&] { return round % 3 == 0 || (leaving->held() >= (round % 3 - 1) * kMiB); }));
    leaving.reset();
    auto client = join(bytes_);
    ASSERT_TRUE(wait_until([&] { return client->ended(); }));
    ASSERT_TRUE(client->verified()) << client->progress->failure().message;
    client.reset();
    ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
    end_table();
    store_.reset();
    std::filesystem::remove_all(folder_ / "store");
    store_ = cas::BlobStore::open({folder_ / "store"}).value();
  }
}

TEST_F(FetchLifetime, many_may_come_and_go) {
  setup_.options.finish_after_disconnect = false;
  cdn_always(file(bytes_));
  for (int round = 0; round < 300; ++round) join(bytes_).reset();
  auto client = fetch(bytes_);
  EXPECT_TRUE(client->verified()) << client->progress->failure().message;
}

TEST_F(FetchLifetime, a_client_that_has_left_is_not_told) {
  struct Silent : FetchListener {
    void on_joined(std::shared_ptr<const FetchProgress>, bool) override { ADD_FAILURE(); }
    void on_progress() override { ADD_FAILURE(); }
  };
  cdn(file(bytes_));
  {
    Silent silent;
    auto membership = table().join(request_for(bytes_), loop_, silent);
  }
  EXPECT_TRUE(fetch(bytes_)->verified());
}

TEST_F(FetchLifetime, a_client_may_leave_when_it_is_told) {
  struct Leaving : FetchListener {
    void on_joined(std::shared_ptr<const FetchProgress>, bool) override { left = true, membership.reset(); }
    void on_progress() override { ADD_FAILURE(); }
    std::unique_ptr<FetchMembership> membership;
    bool left = false;
  } leaving;
  cdn(file(bytes_));
  leaving.membership = table().join(request_for(bytes_), loop_, leaving);
  EXPECT_TRUE(fetch(bytes_)->verified());
  EXPECT_TRUE(leaving.left);
}

// --- the end of the table

TEST_F(FetchLifetime, the_end_in_the_middle_keeps_what_has_come) {
  auto client = join_half();
  table().stop();
  EXPECT_FALSE(client->ended());
  EXPECT_TRUE(client->readable() == bytes_.substr(0, kMiB));
  client.reset();
  end_table();
  EXPECT_EQ(held_part(bytes_), kMiB);
  cdn(file(bytes_));
  EXPECT_TRUE(fetch(bytes_)->verified());
  EXPECT_EQ(field_of(cdn_requests()[1], "Range"), "bytes=" + std::to_string(kMiB) + "-");
}

TEST_F(FetchLifetime, a_client_may_leave_a_table_that_has_stopped) {
  auto client = join_half();
  table().stop();
  client.reset();
  auto late = join(bytes_);
  EXPECT_FALSE(late->progress);
  late.reset();
}

TEST_F(FetchLifetime, the_end_finds_fetches_in_every_stage) {
  setup_.options.max_fetches = 2;
  auto waiting = some_bytes(kMiB, 2);
  auto queued = some_bytes(kMiB, 3);
  auto half = join_half();
  cdn(status(503, "Retry-After: 5\r\n"));
  auto retrying = join(waiting);
  ASSERT_TRUE(wait_until([&] { return cdn_requests().size() == 2; }));
  auto third = join(queued);
  ASSERT_TRUE(wait_until([&] { return third->progress != nullptr; }));
  auto opening = join(some_bytes(kMiB, 4));
  auto commiting = join("");
  table().stop();
}

}  // namespace
}  // namespace weir::upstream
