// SPDX-License-Identifier: Apache-2.0
// What a fetch has received and not written yet, in pieces that end where a MiB of the blob ends: the page cache takes
// large aligned writes for much less than small ones.  A piece is trusted or not as a whole.  Pure; buffers are used
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_range.h"
#include "cas/trust.h"

namespace weir::upstream {

inline constexpr size_t kPieceBytes = 1 << 20;

class ReceivedBytes {
 public:
  struct Piece {
    uint64_t offset = 0;  // in the blob
    std::string bytes;    // never empty
    cas::Trust trust = cas::Trust::trusted;
    ByteRange range() const { return {offset, offset + bytes.size()}; }
    // It cannot grow.
    bool is_full() const { return range().end % kPieceBytes == 0; }
  };

  void add(uint64_t offset, std::string_view bytes, cas::Trust trust = cas::Trust::trusted);
  bool empty() const { return pieces_.empty(); }
  // In bytes.
  size_t size() const { return size_; }
  // In the order that they began to come.
  const std::deque<Piece>& pieces() const { return pieces_; }
  bool has_full_piece() const;
  // Takes the first full piece out, or where there is none the first one; there must be one.
  Piece take();
  // A piece that was taken is of no further use.
  void give_back(Piece piece);
  void clear();

 private:
  Piece& piece_for(uint64_t offset, cas::Trust trust);
  std::deque<Piece>::const_iterator first_full() const;

  std::deque<Piece> pieces_;
  size_t size_ = 0;
  std::vector<std::string> spare_;  // buffers, empty
};

}  // namespace weir::upstream
