// SPDX-License-Identifier: Apache-2.0
#include "proxy/stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fstream>

#include "tests/unit/base/temporary_folder.h"
#include "tests/unit/proxy/peer.h"

namespace weir::proxy {
namespace {

class PlainStreamTest : public testing::Test {
 protected:
  void connect(SocketPair pair) {
    stream_ = std::make_unique<PlainStream>(std::move(pair.ours));
    peer_ = Peer(std::move(pair.peer));
  }

  std::unique_ptr<PlainStream> stream_;
  Peer peer_;
  std::array<char, 64> buffer_;
};

TEST_F(PlainStreamTest, reads_what_is_there_and_then_would_block) {
  connect(socket_pair());
  EXPECT_EQ(stream_->read(buffer_), (IoResult{IoStatus::would_block, 0}));
  peer_.send("hello");
  EXPECT_EQ(stream_->read(buffer_), (IoResult{IoStatus::ok, 5}));
  EXPECT_EQ(std::string_view(buffer_.data(), 5), "hello");
  EXPECT_EQ(stream_->read(buffer_), (IoResult{IoStatus::would_block, 0}));
}

TEST_F(PlainStreamTest, reads_to_the_end_of_the_other_side) {
  connect(socket_pair());
  peer_.send("x");
  peer_.end_output();
  EXPECT_EQ(stream_->read(buffer_), (IoResult{IoStatus::ok, 1}));
  EXPECT_EQ(stream_->read(buffer_), (IoResult{IoStatus::closed, 0}));
}

TEST_F(PlainStreamTest, writes_as_much_as_the_socket_takes) {
  connect(socket_pair());
  auto bytes = some_bytes(8 << 20);
  auto first = stream_->write(bytes);
  ASSERT_EQ(first.status, IoStatus::ok);
  ASSERT_LT(first.bytes, bytes.size());
  EXPECT_EQ(stream_->write(std::string_view(bytes).substr(first.bytes)), (IoResult{IoStatus::would_block, 0}));
  peer_.poll();
  EXPECT_EQ(peer_.received, bytes.substr(0, first.bytes));
  EXPECT_EQ(stream_->write(std::string_view(bytes).substr(first.bytes)).status, IoStatus::ok);
}

TEST_F(PlainStreamTest, sends_a_part_of_a_file) {
  connect(socket_pair());
  TemporaryFolder folder;
  std::ofstream(folder / "file") << "0123456789";
  UniqueFd file(::open((folder / "file").c_str(), O_RDONLY | O_CLOEXEC));
  std::signal(SIGPIPE, SIG_IGN);
  ASSERT_TRUE(stream_->sends_files());
  EXPECT_EQ(stream_->send_file(file.get(), 3, 4), (IoResult{IoStatus::ok, 4}));
  peer_.poll();
  EXPECT_EQ(peer_.received, "3456");
  EXPECT_EQ(stream_->send_file(file.get(), 10, 4), (IoResult{IoStatus::ok, 0})) << "the file ends there";
  peer_.leave();
  EXPECT_EQ(stream_->send_file(file.get(), 0, 4), (IoResult{IoStatus::failed, 0}));
}

TEST_F(PlainStreamTest, fails_when_the_other_side_is_gone) {
  connect(socket_pair());
  peer_.leave();
  EXPECT_EQ(stream_->write("x"), (IoResult{IoStatus::failed, 0}));
}

TEST_F(PlainStreamTest, ends_its_own_direction_only) {
  connect(socket_pair());
  stream_->end_output();
  peer_.poll();
  EXPECT_TRUE(peer_.ended);
  peer_.send("still");
  EXPECT_EQ(stream_->read(buffer_), (IoResult{IoStatus::ok, 5}));
}

TEST_F(PlainStreamTest, waits_for_its_own_direction) {
  connect(socket_pair());
  EXPECT_EQ(stream_->read_interest(), Interest::read);
  EXPECT_EQ(stream_->write_interest(), Interest::write);
  EXPECT_FALSE(stream_->has_buffered_input());
}

TEST_F(PlainStreamTest, closes_properly_unless_it_is_told_to_reset) {
  Loop loop;
  for (bool told : {false, true}) {
    connect(tcp_pair());
    stream_->write("part");
    if (told) reset_on_close(stream_->fd());
    stream_.reset();
    ASSERT_TRUE(run_until(loop, [&] { return peer_.poll(), peer_.ended || peer_.reset; }));
    EXPECT_EQ(peer_.reset, told);
  }
}

TEST(ReplayStreamTest, gives_what_was_read_before_and_then_goes_on) {
  auto pair = socket_pair();
  Peer peer(std::move(pair.peer));
  ReplayStream stream("before", std::make_unique<PlainStream>(std::move(pair.ours)));
  peer.send("after");
  std::array<char, 4> buffer;
  std::string all;
  EXPECT_TRUE(stream.has_buffered_input());
  for (IoResult result; (result = stream.read(buffer)).status == IoStatus::ok;) all.append(buffer.data(), result.bytes);
  EXPECT_EQ(all, "beforeafter");
  EXPECT_FALSE(stream.has_buffered_input());
  EXPECT_EQ(stream.write("out"), (IoResult{IoStatus::ok, 3}));
  EXPECT_EQ(stream.end_output(), IoStatus::ok);
  peer.poll();
  EXPECT_EQ(peer.received, "out");
  EXPECT_TRUE(peer.ended);
}

}  // namespace
}  // namespace weir::proxy
