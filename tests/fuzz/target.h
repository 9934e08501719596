// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share.  A target is one LLVMFuzzerTestOneInput() that holds its input against what must be true
// of any input, and ends the process where that is broken.  With Clang it is linked to libFuzzer (make fuzz), else to
// replay.cpp, which runs it over its corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace weir::fuzz {

// Ends the process with a sentence when `holds` is false.
void require(bool holds, const char* sentence);

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes values off the front of an input; zeros when it is used up.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(text_of(data, size)) {}

  uint8_t byte();
  // Little-endian.
  uint64_t number();
  std::string_view rest() const { return left_; }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

// Ways to cut an input: each a list of pieces that make it up.  In two at every place when it is short, at some places
// otherwise; in pieces of one byte; and in pieces of several sizes that the input itself decides.
std::vector<std::vector<std::string_view>> cuts_of(std::string_view input);

}  // namespace weir::fuzz
