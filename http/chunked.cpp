// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.h"

#include <algorithm>
#include <limits>

#include "http/text.h"

namespace weir::http {
namespace {

constexpr size_t kMaxSizeDigits = 16;
constexpr uint64_t kMaxSize = std::numeric_limits<int64_t>::max();

constexpr std::string_view kBadSize = "A chunk's size is not 1 to 16 hex digits below 2^63.";
constexpr std::string_view kBadSizeLine = "The line with a chunk's size does not end in CR LF.";
constexpr std::string_view kBadDataEnd = "A chunk's data is not followed by CR LF.";
constexpr std::string_view kBadExtension =
    "A chunk extension holds a control character or a bare line feed, or is too long.";
constexpr std::string_view kBadTrailer = "A trailer behind the chunked body is malformed.";
constexpr std::string_view kLongTrailers = "The trailers behind the chunked body are too large.";

}  // namespace

std::string_view ChunkedDecoder::expect(char c, char wanted, State then, std::string_view otherwise) {
  if (c != wanted) return otherwise;
  state_ = then;
  return {};
}

void ChunkedDecoder::start_data() {
  state_ = remaining_ > 0 ? State::data : State::trailer_start;
  digits_ = 0;
  extension_bytes_ = 0;
}

std::string_view ChunkedDecoder::take_size(char c) {
  int digit = hex_value(c);
  if (digit >= 0) {
    if (++digits_ > kMaxSizeDigits || remaining_ > (kMaxSize >> 4)) return kBadSize;
    remaining_ = remaining_ << 4 | static_cast<uint64_t>(digit);
    return {};
  }
  if (digits_ == 0) return kBadSize;
  if (c == ';')
    state_ = State::extension;
  else if (c == '\r')
    state_ = State::size_line_feed;
  else
    return kBadSize;
  return {};
}

std::string_view ChunkedDecoder::take_extension(char c) {
  if (c == '\r')
    state_ = State::size_line_feed;
  else if (!is(c, kValueChar) || ++extension_bytes_ > limits_.extension)
    return kBadExtension;
  return {};
}

std::string_view ChunkedDecoder::take_trailer(char c) {
  if (++trailer_bytes_ > limits_.trailers) return kLongTrailers;
  switch (state_) {
    case State::trailer_start:
      if (c == '\r')
        state_ = State::last_line_feed;
      else if (is(c, kTokenChar))
        state_ = State::trailer_name;
      else
        return kBadTrailer;
      return {};
    case State::trailer_name:
      if (c == ':')
        state_ = State::trailer_value;
      else if (!is(c, kTokenChar))
        return kBadTrailer;
      return {};
    case State::trailer_value:
      if (c == '\r')
        state_ = State::trailer_line_feed;
      else if (!is(c, kValueChar))
        return kBadTrailer;
      return {};
    case State::trailer_line_feed:
      return expect(c, '\n', State::trailer_start, kBadTrailer);
    default:
      return expect(c, '\n', State::done, kBadTrailer);
  }
}

std::string_view ChunkedDecoder::take(char c) {
  switch (state_) {
    case State::size:
      return take_size(c);
    case State::extension:
      return take_extension(c);
    case State::size_line_feed:
      if (c != '\n') return kBadSizeLine;
      start_data();
      return {};
    case State::data_return:
      return expect(c, '\r', State::data_line_feed, kBadDataEnd);
    case State::data_line_feed:
      return expect(c, '\n', State::size, kBadDataEnd);
    default:
      return take_trailer(c);
  }
}

Parsed<ChunkedDecoder::Step> ChunkedDecoder::next(std::string_view in) {
  if (state_ == State::failed) return refuse(400, "The chunked body was malformed before.");
  size_t at = 0;
  while (at < in.size() && state_ != State::data && state_ != State::done) {
    std::string_view wrong = take(in[at++]);
    if (wrong.empty()) continue;
    state_ = State::failed;
    return refuse(wrong == kLongTrailers ? 431 : 400, std::string(wrong));
  }
  if (state_ != State::data) return Step{at, {}};
  std::string_view data = in.substr(at, static_cast<size_t>(std::min<uint64_t>(remaining_, in.size() - at)));
  remaining_ -= data.size();
  if (remaining_ == 0) state_ = State::data_return;
  return Step{at + data.size(), data};
}

Parsed<size_t> ChunkedDecoder::decode(std::string_view in, std::string& out) {
  size_t consumed = 0;
  while (consumed < in.size() && !done()) {
    auto step = next(in.substr(consumed));
    if (!step) return refuse(std::move(step).error());
    out.append(step->data);
    consumed += step->consumed;
  }
  return consumed;
}

std::string chunk_header(size_t size) {
  char reversed[2 * sizeof size];
  size_t digits = 0;
  for (size_t rest = size; rest > 0; rest >>= 4) reversed[digits++] = "0123456789abcdef"[rest & 15];
  std::string header(std::make_reverse_iterator(reversed + digits), std::make_reverse_iterator(reversed));
  return header += "\r\n";
}

}  // namespace weir::http
