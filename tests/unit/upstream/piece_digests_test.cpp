// SPDX-License-Identifier: Apache-2.0
#include "upstream/piece_digests.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/unique_fd.h"
#include "tests/unit/base/temporary_folder.h"

namespace weir::upstream {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class PieceDigestsTest : public testing::Test {
 protected:
  PieceDigestsTest() {
    std::ofstream(folder_ / "file", std::ios::binary) << bytes_;
    file_ = UniqueFd(::open((folder_ / "file").c_str(), O_RDONLY | O_CLOEXEC));
  }
  PieceDigest piece(uint64_t begin, uint64_t end) {
    Sha256Hasher hasher;
    hasher.update(std::string_view(bytes_).substr(begin, end - begin));
    return {{begin, end}, hasher.finish()};
  }

  TemporaryFolder folder_;
  std::string bytes_ = std::string(9 * kMiB, 'a') + "bcd";
  UniqueFd file_;
};

TEST_F(PieceDigestsTest, are_of_8_mib_at_most) {
  auto digests = digest_pieces(file_.get(), {{5, 9}, {kMiB, 9 * kMiB + 3}});
  ASSERT_TRUE(digests) << digests.error().message;
  EXPECT_EQ(*digests, (std::vector{piece(5, 9), piece(kMiB, 9 * kMiB), piece(9 * kMiB, 9 * kMiB + 3)}));
}

TEST_F(PieceDigestsTest, are_none_of_what_is_not_there) {
  auto digests = digest_pieces(file_.get(), {{9 * kMiB, 10 * kMiB}});
  ASSERT_FALSE(digests);
  EXPECT_EQ(digests.error().code, ErrorCode::io);
}

}  // namespace
}  // namespace weir::upstream
