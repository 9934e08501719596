// SPDX-License-Identifier: Apache-2.0
#include "upstream/received_bytes.h"

#include <algorithm>
#include <utility>

namespace weir::upstream {
namespace {

constexpr size_t kMaxSpare = 4;

}  // namespace

void ReceivedBytes::add(uint64_t offset, std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    auto part = bytes.substr(0, kPieceBytes - offset % kPieceBytes);
    piece_for(offset).bytes.append(part);
    offset += part.size();
    bytes.remove_prefix(part.size());
  }
}

ReceivedBytes::Piece& ReceivedBytes::piece_for(uint64_t offset) {
  auto grows = [&](const Piece& piece) { return piece.range().end == offset && !piece.is_full(); };
  auto found = std::find_if(pieces_.rbegin(), pieces_.rend(), grows);
  if (found != pieces_.rend()) return *found;
  auto& piece = pieces_.emplace_back(Piece{offset, {}});
  if (!spare_.empty()) {
    piece.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  piece.bytes.reserve(kPieceBytes);
  return piece;
}

ReceivedBytes::Piece ReceivedBytes::take() {
  auto piece = std::move(pieces_.front());
  pieces_.pop_front();
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
