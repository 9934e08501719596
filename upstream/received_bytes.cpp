// SPDX-License-Identifier: Apache-2.0
#include "upstream/received_bytes.h"

#include <algorithm>
#include <utility>

namespace weir::upstream {
namespace {

// One is filled while another is written.
constexpr size_t kMaxSpare = 2;

}  // namespace

void ReceivedBytes::add(uint64_t offset, std::string_view bytes, cas::Trust trust) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    auto part = bytes.substr(0, kPieceBytes - offset % kPieceBytes);
    piece_for(offset, trust).bytes.append(part);
    offset += part.size();
    bytes.remove_prefix(part.size());
  }
}

ReceivedBytes::Piece& ReceivedBytes::piece_for(uint64_t offset, cas::Trust trust) {
  auto grows = [&](const Piece& piece) {
    return piece.trust == trust && piece.range().end == offset && !piece.is_full();
  };
  auto found = std::find_if(pieces_.rbegin(), pieces_.rend(), grows);
  if (found != pieces_.rend()) return *found;
  auto& piece = pieces_.emplace_back(Piece{offset, {}, trust});
  if (!spare_.empty()) {
    piece.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  piece.bytes.reserve(kPieceBytes);
  return piece;
}

std::deque<ReceivedBytes::Piece>::const_iterator ReceivedBytes::first_full() const {
  return std::find_if(pieces_.begin(), pieces_.end(), [](const Piece& piece) { return piece.is_full(); });
}

bool ReceivedBytes::has_full_piece() const {
  return first_full() != pieces_.end();
}

ReceivedBytes::Piece ReceivedBytes::take() {
  auto full = first_full();
  auto index = full == pieces_.end() ? 0 : full - pieces_.begin();
  auto piece = std::move(pieces_[static_cast<size_t>(index)]);
  pieces_.erase(pieces_.begin() + index);
  size_ -= piece.bytes.size();
  return piece;
}

void ReceivedBytes::give_back(Piece piece) {
  if (spare_.size() == kMaxSpare) return;
  piece.bytes.clear();
  spare_.push_back(std::move(piece.bytes));
}

void ReceivedBytes::clear() {
  pieces_.clear();
  size_ = 0;
}

}  // namespace weir::upstream
