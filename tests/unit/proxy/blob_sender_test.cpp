// SPDX-License-Identifier: Apache-2.0
#include "proxy/blob_sender.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <future>
#include <ostream>

#include "tests/unit/proxy/fake_responder.h"
#include "tests/unit/proxy/peer.h"
#include "tests/unit/proxy/worker_fixture.h"

namespace weir::proxy {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class BlobSenderTest : public testing::Test {
 protected:
  // A file in the page cache, which can be read without waiting.
  void make_file(std::string bytes, std::optional<uint64_t> promised = std::nullopt) {
    auto path = worker_.folder / "blob";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    make_file(std::move(fd), std::move(bytes), promised);
  }
  // One in memory, for which preadv2 does not know whether it would wait.
  void make_slow_file(std::string bytes) {
    make_file(UniqueFd(::memfd_create("blob", MFD_CLOEXEC)), std::move(bytes), std::nullopt);
    char byte;
    iovec part{&byte, 1};
    if (::preadv2(file_->fd(), &part, 1, 0, RWF_NOWAIT) >= 0)
      GTEST_SKIP() << "this kernel reads even that without waiting";
  }
  void make_file(UniqueFd fd, std::string bytes, std::optional<uint64_t> promised) {
    bytes_ = std::move(bytes);
    auto size = promised.value_or(bytes_.size());
    file_ = std::make_shared<const cas::BlobFile>(std::move(fd), sha256(bytes_), size);
    append(bytes_);
  }
  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      auto put = ::write(file_->fd(), bytes.data(), bytes.size());
      ASSERT_GT(put, 0);
      bytes.remove_prefix(static_cast<size_t>(put));
    }
  }

  void send(ByteRange range, Asked asked = Asked::closed, uint64_t fresh_from = 0) {
    sender_ = std::make_unique<BlobSender>(*worker_.context, responder_, file_, range,
                                           HoldBack(asked, range, file_->size()), fresh_from);
  }
  void progress(uint64_t readable, bool verified = false) {
    sender_->set_progress(readable, verified);
    sender_->pump();
  }
  std::string_view part(uint64_t begin, uint64_t end) const {
    return std::string_view(bytes_).substr(begin, end - begin);
  }
  // The whole answer was sent, and is this part of the file.
  void expect_sent(uint64_t begin, uint64_t end) {
    EXPECT_TRUE(responder_.body == part(begin, end));
    EXPECT_EQ(responder_.finished, 1);
    EXPECT_EQ(responder_.aborted, 0);
  }

  WorkerFixture worker_;
  FakeResponder responder_;
  std::string bytes_;
  std::shared_ptr<const cas::BlobFile> file_;
  std::unique_ptr<BlobSender> sender_;
};

struct Case {
  const char* name;
  uint64_t size;
  ByteRange range;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

class Ranges : public BlobSenderTest, public testing::WithParamInterface<Case> {};

TEST_P(Ranges, are_sent_from_a_whole_file) {
  make_file(some_bytes(GetParam().size));
  auto [begin, end] = GetParam().range;
  send(GetParam().range, Asked::whole);
  progress(GetParam().size, true);
  ASSERT_TRUE(run_until(worker_.loop, [&] { return responder_.finished > 0; }));
  expect_sent(begin, end);
}

TEST_P(Ranges, are_sent_at_the_clients_pace) {
  make_file(some_bytes(GetParam().size));
  auto [begin, end] = GetParam().range;
  responder_.room = 0;
  send(GetParam().range, Asked::whole);
  progress(GetParam().size, true);
  while (responder_.finished == 0) {
    responder_.room = 100'003;
    sender_->pump();
    run_what_is_ready(worker_.loop);
    ASSERT_LE(responder_.offers, 2 * (end - begin) / 100'003 + 10) << "it offers without being asked to";
  }
  expect_sent(begin, end);
}

// With a kernel that can say what the page cache holds (Linux 6.5), large ones without a copy.
TEST_P(Ranges, are_sent_to_a_stream_that_takes_files) {
  make_file(some_bytes(GetParam().size));
  auto [begin, end] = GetParam().range;
  responder_.can_take_files = true;
  responder_.room = 0;
  send(GetParam().range, Asked::whole);
  progress(GetParam().size, true);
  while (responder_.finished == 0) {
    responder_.room = 300'007;
    sender_->pump();
    run_what_is_ready(worker_.loop);
  }
  expect_sent(begin, end);
}

TEST_P(Ranges, are_sent_from_what_is_slow_to_read) {
  make_slow_file(some_bytes(GetParam().size));
  if (IsSkipped()) return;
  auto [begin, end] = GetParam().range;
  send(GetParam().range, Asked::whole);
  progress(GetParam().size, true);
  ASSERT_TRUE(run_until(worker_.loop, [&] { return responder_.finished > 0; }));
  expect_sent(begin, end);
}

INSTANTIATE_TEST_SUITE_P(, Ranges,
                         testing::Values(Case{"one_byte", 1, {0, 1}}, Case{"no_byte", 1, {1, 1}},
                                         Case{"one_block", 256 << 10, {0, 256 << 10}},
                                         Case{"a_block_and_a_byte", (256 << 10) + 1, {0, (256 << 10) + 1}},
                                         Case{"the_middle", kMiB, {1000, 700'000}},
                                         Case{"the_last_byte", kMiB, {kMiB - 1, kMiB}},
                                         Case{"many_blocks", 9 * kMiB + 17, {0, 9 * kMiB + 17}}),
                         [](const auto& tested) { return tested.param.name; });

// Other connections of the loop get their turn although the client takes all.
TEST_F(BlobSenderTest, a_fast_client_does_not_keep_the_loop) {
  make_file(some_bytes(9 * kMiB));
  send({0, bytes_.size()}, Asked::whole);
  progress(bytes_.size(), true);
  EXPECT_EQ(responder_.finished, 0);
  EXPECT_LT(responder_.body.size(), 5 * kMiB);
  run_what_is_ready(worker_.loop);
  expect_sent(0, bytes_.size());
}

TEST_F(BlobSenderTest, sends_small_files_with_their_heads) {
  make_file(some_bytes(10'000));
  responder_.can_take_files = true;
  send({0, bytes_.size()}, Asked::whole);
  progress(bytes_.size(), true);
  expect_sent(0, bytes_.size());
  EXPECT_EQ(responder_.files, 0U);
}

TEST_F(BlobSenderTest, cuts_the_answer_when_a_file_has_become_shorter) {
  make_file(some_bytes(9 * kMiB));
  responder_.can_take_files = true;
  responder_.room = kMiB;
  send({0, bytes_.size()}, Asked::whole);
  progress(bytes_.size(), true);
  ASSERT_EQ(::ftruncate(file_->fd(), kMiB), 0);
  responder_.room = SIZE_MAX;
  sender_->pump();
  run_what_is_ready(worker_.loop);
  EXPECT_EQ(responder_.aborted, 1);
  EXPECT_EQ(responder_.finished, 0);
  EXPECT_TRUE(responder_.body == part(0, kMiB));
}

TEST_F(BlobSenderTest, may_be_destroyed_with_its_turn_to_come) {
  make_file(some_bytes(9 * kMiB));
  send({0, bytes_.size()}, Asked::whole);
  progress(bytes_.size(), true);
  auto sent = responder_.body.size();
  sender_.reset();
  run_what_is_ready(worker_.loop);
  EXPECT_EQ(responder_.body.size(), sent);
}

// --- a file that grows

TEST_F(BlobSenderTest, follows_a_growing_file) {
  auto all = some_bytes(kMiB);
  make_file(all.substr(0, 10), all.size());
  bytes_ = all;
  send({0, all.size()}, Asked::closed);
  progress(10);
  EXPECT_EQ(responder_.body, all.substr(0, 10));
  progress(10);
  EXPECT_EQ(responder_.body.size(), 10U);
  for (size_t grown = 10; grown < all.size();) {
    auto next = std::min(all.size(), grown + 333'333);
    append(std::string_view(all).substr(grown, next - grown));
    grown = next;
    progress(grown);
    EXPECT_EQ(responder_.body.size(), grown);
  }
  expect_sent(0, all.size());
}

TEST_F(BlobSenderTest, waits_for_the_start_of_its_range) {
  make_file(some_bytes(kMiB));
  send({500'000, 600'000});
  progress(499'999);
  progress(500'000);
  EXPECT_EQ(responder_.body, "");
  progress(500'001);
  EXPECT_EQ(responder_.body, part(500'000, 500'001));
  progress(kMiB);
  expect_sent(500'000, 600'000);
}

TEST_F(BlobSenderTest, keeps_the_end_back_until_the_file_is_verified) {
  make_file(some_bytes(kMiB));
  send({0, kMiB}, Asked::whole);
  progress(kMiB, false);
  EXPECT_EQ(responder_.body.size(), kMiB - kHeldBack);
  EXPECT_EQ(responder_.finished, 0);
  progress(kMiB, true);
  expect_sent(0, kMiB);
}

TEST_F(BlobSenderTest, keeps_back_all_but_the_first_byte_of_a_short_file) {
  make_file("hello");
  send({0, 5}, Asked::whole);
  progress(5, false);
  EXPECT_EQ(responder_.body, "h");
  progress(5, true);
  expect_sent(0, 5);
}

TEST_F(BlobSenderTest, keeps_back_the_only_byte) {
  make_file("h");
  send({0, 1}, Asked::whole);
  progress(1, false);
  EXPECT_EQ(responder_.body, "");
  EXPECT_EQ(responder_.finished, 0);
  progress(1, true);
  expect_sent(0, 1);
}

TEST_F(BlobSenderTest, lets_a_byte_go_now_and_then) {
  make_file("hey");
  send({0, 3}, Asked::whole);
  progress(3, false);
  auto begun = monotonic_now();
  ASSERT_TRUE(run_until(worker_.loop, [&] { return responder_.body.size() > 1; }));
  EXPECT_GE(monotonic_now() - begun, kDripInterval - Duration(10));
  EXPECT_EQ(responder_.body, "he");
  progress(3, false);
  EXPECT_EQ(responder_.body, "he");
  EXPECT_EQ(responder_.finished, 0);
}

// --- what is not there

TEST_F(BlobSenderTest, is_cut_where_the_file_is_shorter_than_it_was) {
  make_file(some_bytes(1000), 2000);
  send({0, 2000}, Asked::whole);
  progress(2000, true);
  EXPECT_TRUE(responder_.body == bytes_);
  EXPECT_EQ(responder_.aborted, 1);
  EXPECT_EQ(responder_.finished, 0);
}

TEST_F(BlobSenderTest, is_cut_where_a_slow_file_is_shorter_than_it_was) {
  make_slow_file(some_bytes(1000));
  if (IsSkipped()) return;
  ASSERT_EQ(::ftruncate(file_->fd(), 500), 0);
  send({0, 1000}, Asked::whole);
  progress(1000, true);
  ASSERT_TRUE(run_until(worker_.loop, [&] { return responder_.aborted > 0; }));
  EXPECT_TRUE(responder_.body == part(0, 500));
  EXPECT_EQ(responder_.finished, 0);
}

// The hub said two sizes for one digest; the one that was verified is the smaller.
TEST_F(BlobSenderTest, is_cut_where_the_verified_file_ends) {
  make_file(some_bytes(1000));
  send({0, 2000}, Asked::whole);
  progress(1000, true);
  EXPECT_TRUE(responder_.body == bytes_);
  EXPECT_EQ(responder_.aborted, 1);
  EXPECT_EQ(responder_.finished, 0);
}

TEST_F(BlobSenderTest, says_how_far_it_came_where_the_file_cannot_be_read) {
  make_file(some_bytes(1000), 2000);
  send({0, 2000}, Asked::whole);
  std::optional<uint64_t> dry_at;
  sender_->set_on_dry([&] { dry_at = sender_->position(); });
  progress(2000, true);
  EXPECT_EQ(dry_at, 1000U);
  EXPECT_EQ(responder_.aborted, 0);
  append(bytes_);
  sender_->pump();
  EXPECT_TRUE(responder_.body == bytes_) << "it sends nothing from then on";
}

TEST_F(BlobSenderTest, sends_what_has_come_when_nothing_more_does) {
  make_file(some_bytes(1000), 2000);
  send({0, 2000}, Asked::closed);
  std::optional<uint64_t> dry_at;
  sender_->set_on_dry([&] { dry_at = sender_->position(); });
  progress(400);
  EXPECT_FALSE(dry_at);
  sender_->end_of_progress();
  progress(1000);
  EXPECT_TRUE(responder_.body == bytes_);
  EXPECT_EQ(dry_at, 1000U);
}

TEST_F(BlobSenderTest, is_cut_where_the_file_cannot_be_read) {
  file_ = std::make_shared<const cas::BlobFile>(UniqueFd(::open("/", O_RDONLY | O_CLOEXEC)), sha256(""), 1000);
  send({0, 1000}, Asked::whole);
  progress(1000, true);
  ASSERT_TRUE(run_until(worker_.loop, [&] { return responder_.aborted > 0; }));
  EXPECT_EQ(responder_.body, "");
}

// --- slow reads

TEST_F(BlobSenderTest, the_loop_does_not_wait_for_a_slow_read) {
  make_slow_file(some_bytes(kMiB));
  if (IsSkipped()) return;
  std::promise<void> release;
  worker_.disk->submit([waiting = release.get_future().share()] { waiting.wait(); });
  send({0, kMiB}, Asked::whole);
  progress(kMiB, true);
  progress(kMiB, true);
  run_what_is_ready(worker_.loop);
  EXPECT_EQ(responder_.body, "");
  release.set_value();
  ASSERT_TRUE(run_until(worker_.loop, [&] { return responder_.finished > 0; }));
  expect_sent(0, kMiB);
}

TEST_F(BlobSenderTest, may_be_destroyed_during_a_slow_read) {
  make_slow_file(some_bytes(kMiB));
  if (IsSkipped()) return;
  std::promise<void> release;
  worker_.disk->submit([waiting = release.get_future().share()] { waiting.wait(); });
  send({0, kMiB}, Asked::whole);
  progress(kMiB, true);
  sender_.reset();
  file_.reset();
  release.set_value();
  bool behind = false;
  auto task = worker_.disk->submit<int>(
      worker_.loop, [] { return 0; }, [&](int) { behind = true; });
  ASSERT_TRUE(run_until(worker_.loop, [&] { return behind; }));
  EXPECT_EQ(responder_.body, "");
}

// --- counting

struct Counted {
  const char* name;
  ByteRange range;
  uint64_t fresh_from;
  uint64_t from_store;
  uint64_t from_origin;
};

void PrintTo(const Counted& tested, std::ostream* out) {
  *out << tested.name;
}

class Bytes : public BlobSenderTest, public testing::WithParamInterface<Counted> {};

TEST_P(Bytes, are_counted_by_where_they_came_from) {
  make_file(some_bytes(kMiB));
  send(GetParam().range, Asked::whole, GetParam().fresh_from);
  responder_.room = 0;
  progress(kMiB, true);
  while (responder_.finished == 0) {
    responder_.room = 70'001;
    sender_->pump();
  }
  EXPECT_EQ(responder_.record().from_store, GetParam().from_store);
  EXPECT_EQ(responder_.record().from_origin, GetParam().from_origin);
}

INSTANTIATE_TEST_SUITE_P(, Bytes,
                         testing::Values(Counted{"all_held", {0, kMiB}, kMiB, kMiB, 0},
                                         Counted{"all_fresh", {0, kMiB}, 0, 0, kMiB},
                                         Counted{"resumed", {0, kMiB}, 300'000, 300'000, kMiB - 300'000},
                                         Counted{"range_before", {100, 200}, 300, 100, 0},
                                         Counted{"range_behind", {300, 400}, 300, 0, 100},
                                         Counted{"range_across", {200, 400}, 300, 100, 100}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace weir::proxy
