// SPDX-License-Identifier: Apache-2.0
// Who joins a fetch, what starts one, and what is read without one.
#include <algorithm>
#include <ostream>

#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

constexpr size_t kMiB = 1 << 20;

class FetchJoins : public FetchFixture {
 protected:
  std::unique_ptr<FetchClient> join_part(uint64_t begin, uint64_t end) {
    return join(request_for(bytes_, {begin, end}));
  }
  // Joins for the part and waits until it is there.
  std::unique_ptr<FetchClient> fetch_part(uint64_t begin, uint64_t end) {
    auto client = join_part(begin, end);
    EXPECT_TRUE(wait_until(
        [&] { return client->ended() || (client->progress && client->progress->readable_from(begin) >= end); }));
    EXPECT_FALSE(client->failed()) << client->progress->failure().message;
    return client;
  }
  // What was asked of the CDN, in order of the answers' beginnings.
  std::vector<std::string> ranges() {
    std::vector<std::string> asked;
    for (const auto& head : cdn_requests()) asked.push_back(field_of(head, "Range"));
    std::sort(asked.begin(), asked.end());
    return asked;
  }

  std::string bytes_ = some_bytes(3 * kMiB + 5);
};

TEST_F(FetchJoins, one_client_gets_the_file) {
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->started);
  EXPECT_TRUE(client->readable() == bytes_);
  EXPECT_TRUE(is_stored(bytes_));
  ASSERT_EQ(cdn_requests().size(), 1U);
  auto head = cdn_requests()[0];
  EXPECT_TRUE(head.starts_with("GET /xet/" + sha256(bytes_).hex().substr(0, 8) + "?Signature=first HTTP/1.1\r\n"))
      << head;
  EXPECT_EQ(field_of(head, "Host"), "cdn.hub.test");
  EXPECT_EQ(field_of(head, "Accept-Encoding"), "identity");
  EXPECT_EQ(field_of(head, "Via"), "1.1 weir-test");
  EXPECT_EQ(field_of(head, "Range"), "");
}

TEST_F(FetchJoins, twelve_clients_cost_one_request) {
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB, gate));
  std::vector<std::unique_ptr<FetchClient>> clients;
  for (int i = 0; i < 12; ++i) clients.push_back(join(bytes_));
  auto all = [&](auto is_so) {
    return std::all_of(clients.begin(), clients.end(), [&](auto& client) { return is_so(*client); });
  };
  ASSERT_TRUE(wait_until([&] { return all([](auto& client) { return client.held() >= kMiB; }); }));
  // They read what is there while the rest is still to come.
  for (auto& client : clients) EXPECT_TRUE(bytes_.starts_with(client->readable()));
  EXPECT_FALSE(all([](auto& client) { return client.ended(); }));
  EXPECT_EQ(table().counters().running, 1U);
  gate->open();
  ASSERT_TRUE(wait_until([&] { return all([](auto& client) { return client.verified(); }); }));
  for (auto& client : clients) EXPECT_TRUE(client->readable() == bytes_);
  EXPECT_EQ(std::count_if(clients.begin(), clients.end(), [](auto& client) { return client->started; }), 1);
  EXPECT_EQ(cdn_requests().size(), 1U);
  EXPECT_EQ(table().counters().started, 1U);
  EXPECT_EQ(table().counters().completed, 1U);
  EXPECT_EQ(table().counters().failed, 0U);
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
}

TEST_F(FetchJoins, who_comes_later_reads_along_or_from_the_store) {
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB, gate));
  auto first = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return first->held() >= kMiB; }));
  auto second = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return second->progress != nullptr; }));
  EXPECT_FALSE(second->started);
  EXPECT_EQ(second->progress, first->progress);
  gate->open();
  ASSERT_TRUE(wait_until([&] { return first->verified() && second->verified(); }));
  auto third = fetch(bytes_);
  EXPECT_TRUE(third->verified());
  EXPECT_FALSE(third->started);
  EXPECT_TRUE(third->readable() == bytes_);
  EXPECT_EQ(cdn_requests().size(), 1U);
}

TEST_F(FetchJoins, files_are_fetched_side_by_side) {
  auto gate = this->gate();
  auto other = some_bytes(kMiB, 2);
  cdn(gated_file(bytes_, kMiB, gate));
  auto first = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return gate->reached(); }));
  cdn(file(other));
  EXPECT_TRUE(fetch(other)->verified());
  EXPECT_FALSE(first->ended());
  gate->open();
  ASSERT_TRUE(wait_until([&] { return first->verified(); }));
}

// --- what a former run left

class Resumed : public FetchJoins, public testing::WithParamInterface<size_t> {};

TEST_P(Resumed, goes_on_where_the_bytes_end) {
  const size_t held = GetParam();
  hold_part(bytes_, held);
  cdn(file(bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->started);
  EXPECT_TRUE(client->readable() == bytes_);
  ASSERT_EQ(cdn_requests().size(), 1U);
  EXPECT_EQ(field_of(cdn_requests()[0], "Range"), "bytes=" + std::to_string(held) + "-");
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size() - held);
}

INSTANTIATE_TEST_SUITE_P(, Resumed, testing::Values(1, kMiB, 3 * kMiB + 4), testing::PrintToStringParamName());

TEST_F(FetchJoins, what_is_held_can_be_read_at_once) {
  hold_part(bytes_, kMiB);
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB, gate));
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return client->progress != nullptr; }));
  EXPECT_TRUE(client->readable() == bytes_.substr(0, kMiB));
  gate->open();
  ASSERT_TRUE(wait_until([&] { return client->verified(); }));
}

TEST_F(FetchJoins, a_server_that_knows_no_ranges_costs_the_whole_again) {
  hold_part(bytes_, kMiB);
  cdn(text("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes_.size()) + "\r\n\r\n" + bytes_));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified());
  EXPECT_TRUE(client->readable() == bytes_);
}

TEST_F(FetchJoins, a_file_that_is_all_held_is_only_verified) {
  hold_part(bytes_, bytes_.size());
  auto client = fetch(bytes_);
  EXPECT_TRUE(client->verified());
  EXPECT_TRUE(is_stored(bytes_));
  EXPECT_EQ(cdn_requests().size(), 0U);
}

TEST_F(FetchJoins, an_empty_file_needs_no_request) {
  auto client = fetch("");
  EXPECT_TRUE(client->verified());
  EXPECT_TRUE(is_stored(""));
  EXPECT_EQ(cdn_requests().size(), 0U);
}

// --- parts

TEST_F(FetchJoins, a_part_that_is_held_is_read_and_none_is_fetched) {
  hold_part(bytes_, kMiB);
  auto client = fetch_part(1000, kMiB);
  EXPECT_FALSE(client->started);
  EXPECT_TRUE(client->readable() == bytes_.substr(0, kMiB));
  client.reset();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  EXPECT_EQ(cdn_requests().size(), 0U);
  EXPECT_EQ(table().counters().started, 0U);
  EXPECT_EQ(table().counters().failed, 0U);
  EXPECT_EQ(held_part(bytes_), kMiB);
}

struct Part {
  const char* name;
  size_t held;
  ByteRange wanted;
  const char* range;  // that is asked of the CDN
  uint64_t cost;
};

void PrintTo(const Part& part, std::ostream* out) {
  *out << part.name;
}

class Parts : public FetchJoins, public testing::WithParamInterface<Part> {};

TEST_P(Parts, cost_their_own_blocks) {
  auto [begin, end] = GetParam().wanted;
  if (GetParam().held > 0) hold_part(bytes_, GetParam().held);
  cdn(file(bytes_));
  auto client = fetch_part(begin, end);
  EXPECT_TRUE(client->started);
  EXPECT_TRUE(client->bytes_of({begin, end}) == bytes_.substr(begin, end - begin));
  // The block is wanted as long as its client is there.
  ASSERT_TRUE(wait_until([&] { return table().counters().origin_bytes >= GetParam().cost; }));
  client.reset();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  EXPECT_EQ(ranges(), std::vector<std::string>{GetParam().range});
  EXPECT_EQ(table().counters().origin_bytes, GetParam().cost);
  EXPECT_FALSE(is_stored(bytes_));
}

INSTANTIATE_TEST_SUITE_P(
    , Parts,
    testing::Values(Part{"first_byte", 0, {0, 1}, "bytes=0-1048575", kMiB},
                    Part{"last_bytes", 0, {3 * kMiB - 3, 3 * kMiB + 5}, "bytes=2097152-", kMiB + 5},
                    Part{"last_block", 0, {3 * kMiB, 3 * kMiB + 5}, "bytes=3145728-", 5},
                    Part{"middle", 0, {kMiB + 10, kMiB + 20}, "bytes=1048576-2097151", kMiB},
                    Part{"across_blocks", 0, {2 * kMiB - 1, 2 * kMiB + 1}, "bytes=1048576-3145727", 2 * kMiB},
                    Part{"partly_held", kMiB / 2, {0, kMiB}, "bytes=524288-1048575", kMiB / 2},
                    Part{"behind_what_is_held", kMiB, {2 * kMiB, 2 * kMiB + 1}, "bytes=2097152-3145727", kMiB},
                    Part{"to_the_end", kMiB, {2 * kMiB, 3 * kMiB + 5}, "bytes=2097152-", kMiB + 5}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(FetchJoins, a_part_costs_one_request_however_many_ask) {
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB + 10, gate));
  std::vector<std::unique_ptr<FetchClient>> clients;
  for (uint64_t i = 0; i < 12; ++i) clients.push_back(join_part(kMiB + i, kMiB + 100 + i));
  ASSERT_TRUE(wait_until([&] {
    return gate->reached() &&
           std::all_of(clients.begin(), clients.end(), [](auto& client) { return client->progress != nullptr; });
  }));
  gate->open();
  for (auto& client : clients)
    ASSERT_TRUE(wait_until([&] { return client->progress->readable_from(kMiB) == 2 * kMiB; }));
  EXPECT_EQ(std::count_if(clients.begin(), clients.end(), [](auto& client) { return client->started; }), 1);
  EXPECT_EQ(ranges(), std::vector<std::string>{"bytes=1048576-2097151"});
}

TEST_F(FetchJoins, parts_that_are_the_whole_are_verified_and_stored) {
  for (int i = 0; i < 4; ++i) cdn(file(bytes_));
  fetch_part(3 * kMiB, 3 * kMiB + 5);
  fetch_part(kMiB, 2 * kMiB);
  fetch_part(0, kMiB);
  EXPECT_FALSE(is_stored(bytes_));
  auto last = join_part(2 * kMiB, 3 * kMiB);
  ASSERT_TRUE(wait_until([&] { return last->verified(); }));
  EXPECT_TRUE(last->readable() == bytes_);
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
}

TEST_F(FetchJoins, parts_of_a_former_fetch_are_not_fetched_again) {
  for (int i = 0; i < 3; ++i) cdn(file(bytes_));
  fetch_part(kMiB, 2 * kMiB);
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  auto client = fetch(bytes_);
  ASSERT_TRUE(client->verified());
  EXPECT_TRUE(client->readable() == bytes_);
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
  EXPECT_EQ(ranges(), (std::vector<std::string>{"bytes=0-1048575", "bytes=1048576-2097151", "bytes=2097152-"}));
}

TEST_F(FetchJoins, a_part_of_a_running_fetch_that_is_there_costs_nothing) {
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB, gate));
  auto whole = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return whole->held() >= kMiB; }));
  auto part = fetch_part(0, kMiB);
  EXPECT_EQ(part->progress, whole->progress);
  EXPECT_FALSE(part->started);
  EXPECT_EQ(cdn_requests().size(), 1U);
}

// The end of a file is read at once although its start is still under way (and the two are one file in the end).
TEST_F(FetchJoins, a_part_far_from_a_running_transfer_does_not_wait_for_it) {
  bytes_ = some_bytes(8 * kMiB);
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB, gate));
  auto whole = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return whole->held() >= kMiB; }));
  cdn(file(bytes_));
  auto part = fetch_part(8 * kMiB - 8, 8 * kMiB);
  EXPECT_TRUE(part->started);
  EXPECT_FALSE(whole->ended());
  gate->open();
  ASSERT_TRUE(wait_until([&] { return whole->verified(); }));
  EXPECT_TRUE(whole->readable() == bytes_);
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
}

TEST_F(FetchJoins, a_reader_of_a_part_does_not_hinder_the_whole) {
  hold_part(bytes_, kMiB);
  auto reader = fetch_part(0, kMiB);
  cdn(file(bytes_));
  auto whole = fetch(bytes_);
  EXPECT_TRUE(whole->started);
  EXPECT_TRUE(whole->verified());
  EXPECT_TRUE(reader->verified());
}

// Its answer can end only when the digest is known: its own bytes first, and then all else.
TEST_F(FetchJoins, a_part_that_is_to_be_verified_brings_the_rest) {
  for (int i = 0; i < 2; ++i) cdn(file(bytes_));
  auto request = request_for(bytes_, {2 * kMiB, bytes_.size()});
  request.want.reach = Want::Reach::verified;
  auto client = fetch(request);
  ASSERT_TRUE(client->verified()) << client->progress->failure().message;
  EXPECT_TRUE(client->readable() == bytes_);
  EXPECT_EQ(ranges(), (std::vector<std::string>{"bytes=0-2097151", "bytes=2097152-"}));
  EXPECT_EQ(table().counters().origin_bytes, bytes_.size());
}

TEST_F(FetchJoins, a_part_that_is_to_be_verified_ends_with_its_client) {
  auto gate = this->gate();
  // Its own bytes come at once, all else does not.
  cdn_always([=, this](fakes::TlsConnection& connection, const std::string& head) {
    bool its_own = field_of(head, "Range") == "bytes=3145728-";
    return (its_own ? file(bytes_) : gated_file(bytes_, kMiB, gate))(connection, head);
  });
  auto request = request_for(bytes_, {3 * kMiB, bytes_.size()});
  request.want.reach = Want::Reach::verified;
  auto client = join(request);
  ASSERT_TRUE(
      wait_until([&] { return client->held() >= kMiB && client->progress->readable_from(3 * kMiB) == bytes_.size(); }));
  client.reset();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  EXPECT_EQ(held_part(bytes_), kMiB);
}

// A part is no reason to go on without its client.
TEST_F(FetchJoins, a_part_ends_with_its_client_and_the_block_that_has_begun) {
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB + 10, gate));
  auto part = join_part(kMiB, 3 * kMiB);
  ASSERT_TRUE(wait_until([&] { return part->progress && part->progress->readable_from(kMiB) > kMiB; }));
  part.reset();
  gate->open();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  EXPECT_EQ(table().counters().failed, 0U);
  cdn(file(bytes_));
  auto both = join_part(kMiB, 3 * kMiB);
  ASSERT_TRUE(wait_until([&] { return both->progress && both->progress->readable_from(kMiB) == 3 * kMiB; }));
  EXPECT_EQ(ranges(), (std::vector<std::string>{"bytes=1048576-3145727", "bytes=2097152-3145727"}));
}

TEST_F(FetchJoins, a_part_that_breaks_off_is_not_asked_for_again_without_its_client) {
  auto gate = this->gate();
  cdn([&](fakes::TlsConnection& connection, const std::string&) {
    connection.write(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 1048576\r\nContent-Range: bytes 1048576-2097151/" +
        std::to_string(bytes_.size()) + "\r\n\r\n" + bytes_.substr(kMiB, 10));
    gate->wait();
    connection.close_without_notify();
    return false;
  });
  auto part = join_part(kMiB, 2 * kMiB);
  ASSERT_TRUE(wait_until([&] { return part->progress && part->progress->readable_from(kMiB) > kMiB; }));
  part.reset();
  gate->open();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  EXPECT_EQ(cdn_requests().size(), 1U);
}

// --- turns

TEST_F(FetchJoins, no_more_files_at_once_than_allowed) {
  setup_.options.max_fetches = 1;
  auto second_bytes = some_bytes(kMiB, 2);
  auto third_bytes = some_bytes(kMiB, 3);
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB, gate));
  cdn(file(second_bytes));
  cdn(file(third_bytes));
  auto first = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return gate->reached(); }));
  auto second = join(second_bytes);
  ASSERT_TRUE(wait_until([&] { return second->progress != nullptr; }));
  auto third = join(third_bytes);
  ASSERT_TRUE(wait_until([&] { return third->progress != nullptr; }));
  EXPECT_EQ(cdn_requests().size(), 1U);
  EXPECT_EQ(table().counters().running, 3U);
  gate->open();
  ASSERT_TRUE(wait_until([&] { return first->verified() && second->verified() && third->verified(); }));
  EXPECT_EQ(cdn_requests().size(), 3U);
}

TEST_F(FetchJoins, who_waits_for_a_turn_may_leave) {
  setup_.options.max_fetches = 1;
  setup_.options.finish_after_disconnect = false;
  auto second_bytes = some_bytes(kMiB, 2);
  auto third_bytes = some_bytes(kMiB, 3);
  auto gate = this->gate();
  cdn(gated_file(bytes_, kMiB, gate));
  cdn(file(third_bytes));
  auto first = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return gate->reached(); }));
  auto second = join(second_bytes);
  auto third = join(third_bytes);
  ASSERT_TRUE(wait_until([&] { return second->progress && third->progress; }));
  second.reset();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 2; }));
  gate->open();
  ASSERT_TRUE(wait_until([&] { return third->verified(); }));
  EXPECT_EQ(cdn_requests().size(), 2U);
}

}  // namespace
}  // namespace weir::upstream
