// SPDX-License-Identifier: Apache-2.0
// The map of a partial blob: its file format, and the map against an array of bits.
#include <algorithm>
#include <string>
#include <vector>

#include "base/digest.h"
#include "cas/block_map.h"
#include "cas/map_format.h"
#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;

constexpr size_t kMaxSize = 512;
constexpr size_t kMaxSteps = 64;

void check_decoded(std::string_view bytes) {
  auto runs = cas::decode_map(bytes);
  if (!runs) return;
  require(cas::encode_map(*runs) == bytes, "only the very bytes that are written are read");
  for (size_t i = 0; i < runs->size(); ++i) {
    require((*runs)[i].begin < (*runs)[i].end, "no run is empty");
    require(i == 0 || (*runs)[i - 1].end < (*runs)[i].begin, "runs ascend and do not touch");
  }
}

// A fuzzer does not guess a checksum.
void check_with_checksum(std::string_view runs) {
  std::string bytes = "weirmap1" + std::string(runs);
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
  require(cas::decode_map(cas::encode_map(map.ranges())) == map.ranges(), "a map survives being written and read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = fuzz::text_of(data, size);
  check_decoded(input);
  check_with_checksum(input);
  check_map(fuzz::Input(data, size));
  return 0;
}
