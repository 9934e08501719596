// SPDX-License-Identifier: Apache-2.0
#include "proxy/output_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proxy/exchange.h"

namespace weir::proxy {
namespace {

using testing::ElementsAre;

// Takes as many bytes as there is room for, and notes each call's.
class FakeStream : public Stream {
 public:
  IoResult read(std::span<char>) override { return {IoStatus::would_block, 0}; }
  IoResult write(std::string_view bytes) override {
    if (failing) return {IoStatus::failed, 0};
    if (room == 0) return {IoStatus::would_block, 0};
    auto taken = bytes.substr(0, room);
    room -= taken.size();
    writes.emplace_back(taken);
    return {IoStatus::ok, taken.size()};
  }
  Interest read_interest() const override { return Interest::read; }
  Interest write_interest() const override { return Interest::write; }
  bool has_buffered_input() const override { return false; }
  bool allows_half_close() const override { return true; }
  IoStatus end_output() override { return IoStatus::ok; }
  int fd() const override { return -1; }

  size_t room = SIZE_MAX;
  bool failing = false;
  std::vector<std::string> writes;
};

TEST(OutputQueueTest, sends_a_head_and_the_beginning_of_its_body_at_once) {
  OutputQueue queue;
  FakeStream stream;
  queue.add_head("head ");
  EXPECT_EQ(queue.join("body"), 4U);
  EXPECT_EQ(queue.flush(stream), (IoResult{IoStatus::ok, 9}));
  EXPECT_THAT(stream.writes, ElementsAre("head body"));
  EXPECT_TRUE(queue.empty());
}

TEST(OutputQueueTest, joins_no_more_than_fills_a_record) {
  OutputQueue queue;
  queue.add_head("head ");
  std::string body(100'000, 'x');
  EXPECT_EQ(queue.join(body), (16U << 10) - 5);
  EXPECT_EQ(queue.size(), 16U << 10);
}

TEST(OutputQueueTest, joins_nothing_where_no_head_waits) {
  OutputQueue queue;
  FakeStream stream;
  EXPECT_EQ(queue.join("body"), 0U);
  queue.add("a piece of a body");
  EXPECT_EQ(queue.join("body"), 0U);
  stream.room = 0;
  queue.add_head("head ");
  EXPECT_EQ(queue.flush(stream).status, IoStatus::would_block);
  EXPECT_EQ(queue.join("body"), 0U) << "the head was offered already";
  EXPECT_EQ(queue.size(), std::string("a piece of a bodyhead ").size());
}

TEST(OutputQueueTest, joins_one_piece_only) {
  OutputQueue queue;
  queue.add_head("head ");
  EXPECT_EQ(queue.join("one"), 3U);
  EXPECT_EQ(queue.join("two"), 0U);
}

TEST(OutputQueueTest, keeps_what_the_stream_does_not_take) {
  OutputQueue queue;
  FakeStream stream;
  stream.room = 3;
  queue.add("abcdef");
  EXPECT_EQ(queue.flush(stream), (IoResult{IoStatus::would_block, 3}));
  EXPECT_EQ(queue.size(), 3U);
  stream.room = SIZE_MAX;
  queue.add("g");
  EXPECT_EQ(queue.flush(stream), (IoResult{IoStatus::ok, 4}));
  EXPECT_THAT(stream.writes, ElementsAre("abc", "defg"));
}

TEST(OutputQueueTest, tells_of_a_stream_that_failed) {
  OutputQueue queue;
  FakeStream stream;
  stream.failing = true;
  queue.add("abc");
  EXPECT_EQ(queue.flush(stream), (IoResult{IoStatus::failed, 0}));
}

TEST(OutputQueueTest, forgets_what_was_taken_though_it_never_runs_empty) {
  OutputQueue queue;
  FakeStream stream;
  std::string piece(100'000, 'x');
  queue.add(piece);
  for (int i = 0; i < 100; ++i) {
    queue.add(piece);
    stream.room = piece.size();
    queue.flush(stream);
  }
  EXPECT_EQ(queue.size(), piece.size());
  size_t sent = 0;
  for (const auto& each : stream.writes) sent += each.size();
  EXPECT_EQ(sent, 100 * piece.size());
}

}  // namespace
}  // namespace weir::proxy
