// SPDX-License-Identifier: Apache-2.0
// Configuration files: refused with a place and a reason, or read to something that means the same when it is written.
#include "config/load.h"
#include "config/option.h"
#include "config/toml_file.h"
#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;

const config::Locations kLocations{"/home/user", "/home/user/.local/share/weir", "/home/user/.config/weir"};
constexpr const char* kFile = "/etc/weir/weir.toml";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::text_of(data, size);
  auto toml = config::read_toml(text);
  auto read = config::parse(text, kFile, kLocations);
  if (!read) {
    require(!read.error().message.empty(), "a refusal says why");
    require(read.error().message.find('\n') == std::string::npos, "a refusal is one line");
    return 0;
  }
  require(toml.has_value(), "what is taken is TOML");
  auto effective = config::effective_file(*read);
  auto again = config::parse(effective, kFile, kLocations);
  require(again.has_value(), "what is in force can be read again");
  require(config::effective_file(*again) == effective, "what is in force survives being written and read again");
  return 0;
}
