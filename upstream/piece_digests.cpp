// SPDX-License-Identifier: Apache-2.0
#include "upstream/piece_digests.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace weir::upstream {
namespace {

constexpr uint64_t kPiece = 8 << 20;
constexpr size_t kReadSize = 256 << 10;

Result<Sha256> digest_of(int fd, ByteRange range, std::string& buffer) {
  Sha256Hasher hasher;
  while (!range.empty()) {
    auto want = static_cast<size_t>(std::min<uint64_t>(range.size(), buffer.size()));
    auto got = ::pread(fd, buffer.data(), want, static_cast<off_t>(range.begin));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return fail(ErrorCode::io, std::string("a piece of a file could not be read: ") +
                                     (got < 0 ? std::strerror(errno) : "the file is too short"));
    hasher.update(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
    range.begin += static_cast<uint64_t>(got);
  }
  return hasher.finish();
}

}  // namespace

Result<std::vector<PieceDigest>> digest_pieces(int fd, const std::vector<ByteRange>& ranges) {
  std::vector<PieceDigest> digests;
  std::string buffer(kReadSize, '\0');
  for (auto range : ranges)
    while (!range.empty()) {
      ByteRange piece{range.begin, std::min(range.end, range.begin + kPiece)};
      TRY_ASSIGN(auto digest, digest_of(fd, piece, buffer));
      digests.push_back({piece, digest});
      range.begin = piece.end;
    }
  return digests;
}

}  // namespace weir::upstream
