// SPDX-License-Identifier: Apache-2.0
// Chunked bodies: the same at every cut, and never more than a second, plain reading accepts.
#include "http/chunked.h"

#include <optional>
#include <string>

#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;

struct Decoded {
  std::string data;
  size_t consumed = 0;
  bool done = false;
  int refused = 0;  // the status

  bool operator==(const Decoded&) const = default;
};

Decoded decode(const std::vector<std::string_view>& pieces) {
  Decoded decoded;
  http::ChunkedDecoder decoder;
  for (auto piece : pieces) {
    auto consumed = decoder.decode(piece, decoded.data);
    if (!consumed) {
      decoded.refused = consumed.error().status;
      require(!decoder.done() && !decoder.decode("0\r\n\r\n", decoded.data), "once refused is always refused");
      return decoded;
    }
    decoded.consumed += *consumed;
    require(*consumed == piece.size() || decoder.done(), "all is consumed but what lies behind the end");
    if (decoder.done()) break;
  }
  decoded.done = decoder.done();
  return decoded;
}

std::optional<std::string_view> take_line(std::string_view& rest) {
  auto end = rest.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  if (line.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
  return line;
}

std::optional<uint64_t> size_in(std::string_view line) {
  auto digits = line.substr(0, line.find(';'));
  if (digits.empty() || digits.size() > 16) return std::nullopt;
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return std::nullopt;
  return std::stoull(std::string(digits), nullptr, 16);
}

// Nothing when the body is not whole and plain.  `rest` is what lies behind it.
std::optional<std::string> read_plainly(std::string_view& rest) {
  std::string data;
  for (;;) {
    auto line = take_line(rest);
    auto size = line ? size_in(*line) : std::nullopt;
    if (!size) return std::nullopt;
    if (*size == 0) break;
    if (*size > rest.size() || rest.substr(*size, 2) != "\r\n") return std::nullopt;
    data += rest.substr(0, *size);
    rest.remove_prefix(*size + 2);
  }
  for (;;) {
    auto trailer = take_line(rest);
    if (!trailer) return std::nullopt;
    if (trailer->empty()) return data;
  }
}

void check_encoding(std::string_view data) {
  std::string encoded;
  size_t size = 1;
  for (auto rest = data; !rest.empty(); size = size * 3 + 1) {
    auto chunk = rest.substr(0, size);
    encoded += http::chunk_header(chunk.size());
    encoded += chunk;
    encoded += http::kChunkEnd;
    rest.remove_prefix(chunk.size());
  }
  encoded += http::kLastChunk;
  auto decoded = decode({encoded});
  require(decoded.done && decoded.data == data && decoded.consumed == encoded.size(),
          "what is encoded is decoded to the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto input = fuzz::text_of(data, size);
  auto whole = decode({input});
  for (const auto& pieces : fuzz::cuts_of(input)) {
    auto cut = decode(pieces);
    // A refused body gives what came before the fault; how much of it depends on the cut.
    bool same = whole.refused ? cut.refused == whole.refused : cut == whole;
    require(same, "a body does not depend on how it comes");
  }
  if (whole.done) {
    auto rest = input;
    auto plain = read_plainly(rest);
    require(plain && *plain == whole.data && rest.size() == input.size() - whole.consumed,
            "what is accepted is plain to any reader");
  }
  check_encoding(input);
  return 0;
}
