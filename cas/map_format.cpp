// SPDX-License-Identifier: Apache-2.0
#include "cas/map_format.h"

#include <cstdint>

#include "base/digest.h"

namespace weir::cas {
namespace {

constexpr std::string_view kFirstMagic = "weirmap1";
constexpr std::string_view kMagic = "weirmap2";
constexpr size_t kNumber = 8;
constexpr size_t kFirstRun = 2 * kNumber;
constexpr size_t kRun = kFirstRun + 1;
constexpr size_t kChecksum = sizeof(Sha256::bytes);
constexpr char kUntrusted = 0;
constexpr char kTrusted = 1;

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

// The bytes of the runs, when what is around them is sound.
std::optional<std::string_view> body_of(std::string_view bytes, std::string_view magic) {
  if (bytes.size() < magic.size() + kChecksum || bytes.substr(0, magic.size()) != magic) return std::nullopt;
  auto checked = bytes.substr(0, bytes.size() - kChecksum);
  if (bytes.substr(checked.size()) != checksum_of(checked)) return std::nullopt;
  return checked.substr(magic.size());
}

std::optional<Trust> trust_from(char byte) {
  if (byte == kTrusted) return Trust::trusted;
  if (byte == kUntrusted) return Trust::untrusted;
  return std::nullopt;
}

bool may_follow(const TrustRun& run, const TrustRun& before) {
  return before.end < run.begin || (before.end == run.begin && before.trust != run.trust);
}

// `run_size` tells the versions apart: kFirstRun bytes without trust, kRun bytes with it.
std::optional<Runs> decode_runs(std::string_view body, size_t run_size) {
  if (body.size() % run_size != 0) return std::nullopt;
  Runs runs;
  runs.reserve(body.size() / run_size);
  for (size_t at = 0; at < body.size(); at += run_size) {
    auto trust = run_size == kFirstRun ? Trust::trusted : trust_from(body[at + kFirstRun]);
    if (!trust) return std::nullopt;
    TrustRun run{get(body, at), get(body, at + kNumber), *trust};
    if (run.begin >= run.end || (!runs.empty() && !may_follow(run, runs.back()))) return std::nullopt;
    runs.push_back(run);
  }
  return runs;
}

}  // namespace

std::string encode_map(const Runs& runs) {
  std::string bytes(kMagic);
  bytes.reserve(kMagic.size() + runs.size() * kRun + kChecksum);
  for (const auto& run : runs) {
    put(bytes, run.begin);
    put(bytes, run.end);
    bytes.push_back(run.trust == Trust::trusted ? kTrusted : kUntrusted);
  }
  return bytes + checksum_of(bytes);
}

std::optional<Runs> decode_map(std::string_view bytes) {
  if (auto body = body_of(bytes, kMagic)) return decode_runs(*body, kRun);
  if (auto body = body_of(bytes, kFirstMagic)) return decode_runs(*body, kFirstRun);
  return std::nullopt;
}

}  // namespace weir::cas
