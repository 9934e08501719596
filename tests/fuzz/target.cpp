// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace weir::fuzz {
namespace {

using Pieces = std::vector<std::string_view>;

constexpr size_t kShort = 64;
constexpr size_t kPlaces = 16;
constexpr size_t kMaxByteByByte = 4096;

Pieces in_pieces_of(std::string_view input, size_t size) {
  Pieces pieces;
  for (; !input.empty(); input.remove_prefix(std::min(size, input.size()))) pieces.push_back(input.substr(0, size));
  return pieces;
}

Pieces as_the_bytes_say(std::string_view input) {
  Pieces pieces;
  while (!input.empty()) {
    auto size = std::min<size_t>(static_cast<unsigned char>(input.back()) % 23 + 1, input.size());
    pieces.push_back(input.substr(0, size));
    input.remove_prefix(size);
    if (!input.empty() && pieces.size() % 2 == 0) {
      pieces.push_back(input.substr(0, 1));
      input.remove_prefix(1);
    }
  }
  return pieces;
}

}  // namespace

void require(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", sentence);
  std::abort();
}

uint8_t Input::byte() {
  if (left_.empty()) return 0;
  auto value = static_cast<uint8_t>(left_.front());
  left_.remove_prefix(1);
  return value;
}

uint64_t Input::number() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 8) value |= static_cast<uint64_t>(byte()) << shift;
  return value;
}

std::vector<Pieces> cuts_of(std::string_view input) {
  std::vector<Pieces> cuts;
  size_t step = input.size() <= kShort ? 1 : input.size() / kPlaces;
  for (size_t at = 0; at <= input.size(); at += step) cuts.push_back({input.substr(0, at), input.substr(at)});
  if (input.size() <= kMaxByteByByte) cuts.push_back(in_pieces_of(input, 1));
  cuts.push_back(as_the_bytes_say(input));
  return cuts;
}

}  // namespace weir::fuzz
