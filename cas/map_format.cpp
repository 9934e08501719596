// SPDX-License-Identifier: Apache-2.0
#include "cas/map_format.h"

#include <cstdint>

#include "base/digest.h"

namespace weir::cas {
namespace {

constexpr std::string_view kMagic = "weirmap1";
constexpr size_t kNumber = 8;
constexpr size_t kRun = 2 * kNumber;
constexpr size_t kChecksum = sizeof(Sha256::bytes);

void put(std::string& bytes, uint64_t number) {
  for (size_t i = 0; i < kNumber; ++i) bytes.push_back(static_cast<char>((number >> (8 * i)) & 0xff));
}

uint64_t get(std::string_view bytes, size_t at) {
  uint64_t number = 0;
  for (size_t i = kNumber; i-- > 0;) number = (number << 8) | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

std::string checksum_of(std::string_view bytes) {
  auto digest = sha256(bytes);
  return {digest.bytes.begin(), digest.bytes.end()};
}

}  // namespace

std::string encode_map(const std::vector<ByteRange>& runs) {
  std::string bytes(kMagic);
  bytes.reserve(kMagic.size() + runs.size() * kRun + kChecksum);
  for (auto run : runs) {
    put(bytes, run.begin);
    put(bytes, run.end);
  }
  return bytes + checksum_of(bytes);
}

std::optional<std::vector<ByteRange>> decode_map(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + kChecksum || bytes.substr(0, kMagic.size()) != kMagic) return std::nullopt;
  auto checked = bytes.substr(0, bytes.size() - kChecksum);
  if (bytes.substr(checked.size()) != checksum_of(checked)) return std::nullopt;
  auto body = checked.substr(kMagic.size());
  if (body.size() % kRun != 0) return std::nullopt;
  std::vector<ByteRange> runs;
  runs.reserve(body.size() / kRun);
  for (size_t at = 0; at < body.size(); at += kRun) {
    ByteRange run{get(body, at), get(body, at + kNumber)};
    bool apart = runs.empty() || runs.back().end < run.begin;
    if (!apart || run.begin >= run.end) return std::nullopt;
    runs.push_back(run);
  }
  return runs;
}

}  // namespace weir::cas
