// SPDX-License-Identifier: Apache-2.0
// The map of a partial blob: its file format, and the maps in memory against arrays of bits.
#include <algorithm>
#include <string>
#include <vector>

#include "base/digest.h"
#include "cas/block_map.h"
#include "cas/map_format.h"
#include "cas/trust_map.h"
#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;

constexpr size_t kMaxSize = 512;
constexpr size_t kMaxSteps = 64;

void check_decoded(std::string_view bytes) {
  auto runs = cas::decode_map(bytes);
  if (!runs) return;
  if (bytes.starts_with("weirmap2"))
    require(cas::encode_map(*runs) == bytes, "only the very bytes that are written are read");
  for (size_t i = 0; i < runs->size(); ++i) {
    auto& run = (*runs)[i];
    require(run.begin < run.end, "no run is empty");
    require(run.trust == cas::Trust::trusted || !bytes.starts_with("weirmap1"), "version 1 knew no other bytes");
    if (i == 0) continue;
    auto& before = (*runs)[i - 1];
    require(before.end < run.begin || (before.end == run.begin && before.trust != run.trust), "runs ascend");
  }
}

// A fuzzer does not guess a checksum.
void check_with_checksum(std::string_view magic, std::string_view runs) {
  std::string bytes = std::string(magic) + std::string(runs);
  auto checksum = sha256(bytes);
  bytes.append(checksum.bytes.begin(), checksum.bytes.end());
  check_decoded(bytes);
}

class Bits {
 public:
  explicit Bits(size_t size) : held_(size) {}

  uint64_t set(ByteRange range, bool held) {
    uint64_t changed = 0;
    for (auto at = range.begin; at < std::min<uint64_t>(range.end, held_.size()); ++at) {
      changed += held_[at] != held;
      held_[at] = held;
    }
    return changed;
  }
  // The runs of bytes that are held, or not held, of `within`.
  std::vector<ByteRange> runs(bool held, ByteRange within) const {
    std::vector<ByteRange> runs;
    for (auto at = within.begin; at < std::min<uint64_t>(within.end, held_.size()); ++at) {
      if (held_[at] != held) continue;
      if (runs.empty() || runs.back().end != at) runs.push_back({at, at});
      ++runs.back().end;
    }
    return runs;
  }
  uint64_t held_from(uint64_t offset) const {
    while (offset < held_.size() && held_[offset]) ++offset;
    return offset;
  }

 private:
  std::vector<bool> held_;
};

ByteRange take_range(fuzz::Input& input) {
  uint64_t begin = input.byte() * 2u;
  return {begin, begin + input.byte()};
}

void check_map(fuzz::Input input) {
  uint64_t size = (input.byte() * 256u + input.byte()) % kMaxSize;
  cas::BlockMap map(size);
  Bits bits(size);
  for (size_t step = 0; step < kMaxSteps && !input.empty(); ++step) {
    bool adds = input.byte() % 4 != 0;
    auto range = take_range(input);
    auto changed = bits.set(range, adds);
    if (adds) map.add(range);
    require(adds || map.remove(range) == changed, "as much is removed as was there");
    auto within = take_range(input);
    require(map.ranges() == bits.runs(true, {0, size}), "what is held is known");
    require(map.missing(within) == bits.runs(false, within), "what is missing is known");
    require(map.held_from(within.begin) == bits.held_from(within.begin), "a run's end is known");
    require(map.prefix() == bits.held_from(0) && map.complete() == (bits.held_from(0) == size), "the prefix is known");
  }
}

// Bytes that were trusted stay so.
void check_trust(fuzz::Input input) {
  uint64_t size = (input.byte() * 256u + input.byte()) % kMaxSize;
  cas::TrustMap map(size);
  Bits present(size);
  Bits trusted(size);
  for (size_t step = 0; step < kMaxSteps && !input.empty(); ++step) {
    auto deed = input.byte() % 4;
    auto range = take_range(input);
    if (deed == 0) {
      uint64_t bytes = 0;
      for (auto part : trusted.runs(false, range)) bytes += present.set(part, false);
      require(map.forget(range) == bytes, "untrusted bytes alone are forgotten");
    } else {
      present.set(range, true);
      if (deed == 1) trusted.set(range, true);
      map.add(range, deed == 1 ? cas::Trust::trusted : cas::Trust::untrusted);
    }
    auto within = take_range(input);
    require(map.present_ranges() == present.runs(true, {0, size}), "what is present is known");
    require(map.missing(within) == present.runs(false, within), "what is missing is known");
    require(map.readable_ranges() == trusted.runs(true, {0, size}), "what is readable is known");
    require(map.readable_from(within.begin) == trusted.held_from(within.begin), "a readable run's end is known");
  }
  require(cas::decode_map(cas::encode_map(map.runs())) == map.runs(), "a map survives being written and read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = fuzz::text_of(data, size);
  check_decoded(input);
  check_with_checksum("weirmap1", input);
  check_with_checksum("weirmap2", input);
  check_map(fuzz::Input(data, size));
  check_trust(fuzz::Input(data, size));
  return 0;
}
