// SPDX-License-Identifier: Apache-2.0
// Sources that send wrong bytes: no client ever gets one of them, the file arrives if anybody has it, and whose bytes
// they were is found out.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>

#include "tests/component/upstream/fetch_fixture.h"

namespace weir::upstream {
namespace {

constexpr size_t kMiB = 1 << 20;
constexpr const char* kLiar = "liar.hub.test";
constexpr const char* kHonest = "honest.hub.test";

class FetchLiars : public FetchFixture {
 protected:
  FetchLiars() {
    setup_.options.piece_size = kMiB;
    add(kLiar);
    host_always(kLiar, file(flipped(bytes_)));
  }

  void add(const std::string& host) {
    SourceOptions source;
    source.name = host;
    source.kind = SourceKind::storj;
    source.url = Secret("https://" + host);
    source.place = host;
    source.share_private = true;
    setup_.sources.push_back(std::move(source));
  }
  // One byte of each piece is another.
  static std::string flipped(std::string bytes) {
    for (size_t at = 1000; at < bytes.size(); at += kMiB) bytes[at] ^= 1;
    return bytes;
  }
  SourceReport report(const std::string& name) {
    for (auto& report : table().sources().reports(monotonic_now()))
      if (report.name == name) return report;
    return {};
  }
  // Waits for the client's end and looks at each byte as soon as it can be read.
  void read_to_the_end(const FetchClient& client) {
    uint64_t seen = 0;
    bool right = true;
    ASSERT_TRUE(wait_until([&] {
      auto held = client.held();
      right = right && client.bytes_of({seen, held}) == bytes_.substr(seen, held - seen);
      seen = held;
      return client.ended();
    }));
    EXPECT_TRUE(right) << "a wrong byte could be read";
    ASSERT_TRUE(client.verified()) << client.progress->failure().message;
    EXPECT_TRUE(client.readable() == bytes_);
    EXPECT_TRUE(is_stored(bytes_));
  }
  // The origin's answers stop after a few bytes until the liar has sent more than half of the file.
  void let_the_liar_send() {
    gate_ = gate();
    cdn_always(gated_file(bytes_, 10, gate_));
  }

  std::string bytes_ = some_bytes(8 * kMiB + 5);
  std::shared_ptr<Gate> gate_;
};

TEST_F(FetchLiars, are_found_by_what_the_origin_says) {
  let_the_liar_send();
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return gate_->reached() && report(kLiar).bytes > 6 * kMiB; }));
  gate_->open();
  read_to_the_end(*client);
  EXPECT_EQ(report(kLiar).blamed, 1U);
  EXPECT_EQ(report(kLiar).state, SourceReport::State::left_out);
  EXPECT_EQ(report(kLiar).blamed_for, sha256(bytes_));
}

// One wrong byte in all is found too, and the honest ones are not blamed.
TEST_F(FetchLiars, are_told_from_honest_sources) {
  auto wrong = bytes_;
  wrong[8 * kMiB] ^= 1;
  host_always(kLiar, file(wrong));
  add(kHonest);
  host_always(kHonest, file(bytes_));
  let_the_liar_send();
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return gate_->reached() && report(kLiar).bytes + report(kHonest).bytes > 6 * kMiB; }));
  gate_->open();
  read_to_the_end(*client);
  EXPECT_EQ(report(kHonest).blamed, 0U);
}

// Whoever is suspected first.
class NoneTrusted : public FetchLiars, public testing::WithParamInterface<size_t> {};

TEST_P(NoneTrusted, and_the_liar_is_found_among_the_others) {
  add(kHonest);
  // The one waits until the other has sent so much.
  auto gate = this->gate();
  auto wait_first = [gate](Reply reply) {
    return [gate, reply](fakes::TlsConnection& connection, const std::string& head) {
      gate->wait();
      return reply(connection, head);
    };
  };
  bool liar_first = GetParam() == 0;
  host_always(kLiar, liar_first ? file(flipped(bytes_)) : wait_first(file(flipped(bytes_))));
  host_always(kHonest, liar_first ? wait_first(file(bytes_)) : file(bytes_));
  cdn_always(status(404));
  auto client = join(bytes_);
  auto first = liar_first ? kLiar : kHonest;
  ASSERT_TRUE(wait_until([&] { return gate->reached() && report(first).bytes > 4 * kMiB; }));
  gate->open();
  read_to_the_end(*client);
  ASSERT_TRUE(wait_until([&] { return report(kLiar).blamed == 1; }));
  EXPECT_EQ(report(kHonest).blamed, 0U);
}

INSTANTIATE_TEST_SUITE_P(, NoneTrusted, testing::Values(0, 1), testing::PrintToStringParamName());

// The honest one has sent most of it, and is suspected first.
TEST_F(FetchLiars, that_cannot_give_the_rest_cost_no_file) {
  add(kHonest);
  auto gate = this->gate();
  auto asked = std::make_shared<std::atomic<int>>(0);
  host_always(kLiar, [=, wrong = flipped(bytes_)](fakes::TlsConnection& connection, const std::string& head) {
    return (asked->fetch_add(1) == 0 ? file(wrong) : status(404))(connection, head);
  });
  host_always(kHonest, [=, right = bytes_](fakes::TlsConnection& connection, const std::string& head) {
    gate->wait();
    return file(right)(connection, head);
  });
  cdn_always(status(404));
  auto client = join(bytes_);
  ASSERT_TRUE(wait_until([&] { return report(kLiar).bytes > 0; }));
  gate->open();
  read_to_the_end(*client);
  EXPECT_EQ(report(kHonest).blamed, 0U);
}

TEST_F(FetchLiars, that_are_alone_give_no_file) {
  cdn_always(status(404));
  auto client = fetch(bytes_);
  EXPECT_TRUE(client->failed());
  EXPECT_FALSE(is_stored(bytes_));
  EXPECT_EQ(client->held(), 0U);
  EXPECT_EQ(report(kLiar).blamed, 1U);
  client.reset();
  ASSERT_TRUE(wait_until([&] { return table().counters().running == 0; }));
  // It is not asked again, and nothing of it is left.
  auto asked = requests_to(kLiar).size();
  cdn_always(file(bytes_));
  auto next = fetch(bytes_);
  EXPECT_TRUE(next->verified()) << next->progress->failure().message;
  EXPECT_EQ(requests_to(kLiar).size(), asked);
}

// A former run left them, and nobody knows any more who sent them.
TEST_F(FetchLiars, of_a_former_run_are_found_out) {
  {
    auto partial = store_->open_partial(sha256(bytes_), bytes_.size());
    ASSERT_TRUE(partial && (*partial)->write(0, flipped(bytes_), cas::Trust::untrusted));
  }
  cdn_always(file(bytes_));
  auto client = join(bytes_);
  read_to_the_end(*client);
}

}  // namespace
}  // namespace weir::upstream
