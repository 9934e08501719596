// SPDX-License-Identifier: Apache-2.0
#include "upstream/received_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace weir::upstream {
namespace {

std::vector<ByteRange> ranges_of(const ReceivedBytes& received) {
  std::vector<ByteRange> ranges;
  for (const auto& piece : received.pieces()) ranges.push_back(piece.range());
  return ranges;
}

TEST(ReceivedBytes, GathersWhatFollows) {
  ReceivedBytes received;
  EXPECT_TRUE(received.empty());
  received.add(10, "abc");
  received.add(13, "de");
  ASSERT_EQ(received.pieces().size(), 1u);
  EXPECT_EQ(received.size(), 5u);
  EXPECT_FALSE(received.pieces().front().is_full());
  auto piece = received.take();
  EXPECT_EQ(piece.offset, 10u);
  EXPECT_EQ(piece.bytes, "abcde");
  EXPECT_TRUE(received.empty());
  EXPECT_EQ(received.size(), 0u);
}

TEST(ReceivedBytes, PiecesEndWhereAMebibyteEnds) {
  ReceivedBytes received;
  received.add(kPieceBytes - 2, "ab");
  received.add(kPieceBytes, "c");
  received.add(2 * kPieceBytes - 1, "def");
  EXPECT_THAT(ranges_of(received),
              testing::ElementsAre(ByteRange{kPieceBytes - 2, kPieceBytes}, ByteRange{kPieceBytes, kPieceBytes + 1},
                                   ByteRange{2 * kPieceBytes - 1, 2 * kPieceBytes},
                                   ByteRange{2 * kPieceBytes, 2 * kPieceBytes + 2}));
  EXPECT_TRUE(received.pieces()[0].is_full());
  EXPECT_FALSE(received.pieces()[1].is_full());
  EXPECT_EQ(received.pieces()[3].bytes, "ef");
}

TEST(ReceivedBytes, TellsTransfersApart) {
  ReceivedBytes received;
  received.add(0, "a");
  received.add(5 * kPieceBytes, "x");
  received.add(1, "b");
  received.add(5 * kPieceBytes + 1, "y");
  EXPECT_EQ(received.take().bytes, "ab");
  EXPECT_EQ(received.take().bytes, "xy");
}

TEST(ReceivedBytes, GivesFullPiecesFirst) {
  ReceivedBytes received;
  received.add(7 * kPieceBytes, "slow", cas::Trust::trusted);
  EXPECT_FALSE(received.has_full_piece());
  received.add(0, std::string(kPieceBytes, 'a'), cas::Trust::trusted);
  received.add(kPieceBytes, std::string(kPieceBytes, 'b'), cas::Trust::trusted);
  EXPECT_TRUE(received.has_full_piece());
  EXPECT_EQ(received.take().offset, 0u);
  EXPECT_EQ(received.take().offset, kPieceBytes);
  EXPECT_FALSE(received.has_full_piece());
  EXPECT_EQ(received.take().bytes, "slow");
}

TEST(ReceivedBytes, KeepsTrustedAndUntrustedBytesApart) {
  ReceivedBytes received;
  received.add(0, "ab", cas::Trust::untrusted);
  received.add(2, "cd", cas::Trust::trusted);
  received.add(4, "ef", cas::Trust::trusted);
  EXPECT_EQ(received.take().trust, cas::Trust::untrusted);
  EXPECT_EQ(received.pieces().front().bytes, "cdef");
  EXPECT_EQ(received.take().trust, cas::Trust::trusted);
}

TEST(ReceivedBytes, UsesBuffersAgain) {
  ReceivedBytes received;
  received.add(0, "a");
  auto piece = received.take();
  const auto* buffer = piece.bytes.data();
  received.give_back(std::move(piece));
  received.add(kPieceBytes, "bc");
  EXPECT_EQ(received.pieces().front().bytes, "bc");
  EXPECT_EQ(received.pieces().front().bytes.data(), buffer);
}

TEST(ReceivedBytes, ForgetsAll) {
  ReceivedBytes received;
  received.add(0, std::string(3 * kPieceBytes, 'a'));
  received.clear();
  EXPECT_TRUE(received.empty());
  EXPECT_EQ(received.size(), 0u);
}

}  // namespace
}  // namespace weir::upstream
