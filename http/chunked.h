// SPDX-License-Identifier: Apache-2.0
// The chunked transfer coding (RFC 9112, section 7.1), without sockets.  The decoder is strict, for it decides where a
// message ends: a size is 1 to 16 hex digits and nothing else, lines end in CRLF, extensions and trailers are checked,
// bounded and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/refusal.h"

namespace weir::http {

struct ChunkLimits {
  size_t extension = 4 << 10;  // of one chunk
  size_t trailers = 16 << 10;  // of the body, line ends included
};

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(ChunkLimits limits = {}) : limits_(limits) {}

  struct Step {
    size_t consumed = 0;
    std::string_view data;  // points into the input

    bool operator==(const Step&) const = default;
  };

  // Takes bytes off the front of `in`, up to and including one run of data.  No data: all of `in` was consumed, or the
  // body ended; what lies behind its end is never consumed.  Refuses with 400 (431 for trailers beyond the limit), from
  // then on always.
  Parsed<Step> next(std::string_view in);

  // Decodes all of `in`, appends the data to `out` and returns how many bytes were consumed: fewer than all only at the
  // end.
  Parsed<size_t> decode(std::string_view in, std::string& out);

  // The whole body has been consumed, its trailers and last empty line included.
  bool done() const { return state_ == State::done; }

 private:
  enum class State {
    size,
    extension,
    size_line_feed,
    data,
    data_return,
    data_line_feed,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_line_feed,
    last_line_feed,
    done,
    failed,
  };

  // Each takes one byte of the framing and says what is wrong with it, "" when nothing is.
  std::string_view take(char c);
  std::string_view take_size(char c);
  std::string_view take_extension(char c);
  std::string_view take_trailer(char c);
  std::string_view expect(char c, char wanted, State then, std::string_view otherwise);
  void start_data();

  ChunkLimits limits_;
  State state_ = State::size;
  uint64_t remaining_ = 0;  // the size being read, then what is left of the data
  size_t digits_ = 0;
  size_t extension_bytes_ = 0;
  size_t trailer_bytes_ = 0;
};

// For encoding: chunk_header(n), n bytes of data, kChunkEnd; at last kLastChunk.  `size` is not 0.
std::string chunk_header(size_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace weir::http
