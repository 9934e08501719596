// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over the files of the folders that are named, each whole and cut short at each of its first bytes.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/target.h"

namespace {

constexpr size_t kCuts = 512;

void run(const std::string& bytes, size_t size) {
  // A copy of its own, so that a sanitizer sees a read beyond the end.
  const std::vector<uint8_t> input(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

size_t replay(const std::filesystem::path& folder) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::fprintf(stderr, "%s\n", entry.path().filename().c_str());  // the last one is the culprit
    run(bytes, bytes.size());
    for (size_t size = 0; size < bytes.size() && size < kCuts; ++size) run(bytes, size);
    ++files;
  }
  return files;
}

}  // namespace

int main(int count, char** arguments) {
  size_t files = 0;
  for (int i = 1; i < count; ++i) files += replay(arguments[i]);
  std::fprintf(stderr, "%zu inputs\n", files);
  return files > 0 ? 0 : 1;
}
