// SPDX-License-Identifier: Apache-2.0
#include "cli/answer_reader.h"

#include <fmt/format.h>

#include "http/chunked.h"

namespace weir::cli {
namespace {

constexpr size_t kPiece = 256 << 10;
constexpr size_t kHeadLimit = 256 << 10;

tl::unexpected<Error> cut_short() {
  return fail(ErrorCode::origin, "the answer was cut short");
}

}  // namespace

Result<bool> AnswerReader::fill() {
  auto before = bytes_.size();
  bytes_.resize(before + kPiece);
  auto got = connection_.receive_some(bytes_.data() + before, kPiece);
  bytes_.resize(before + got.value_or(0));
  if (!got) return fail(got.error());
  return *got > 0;
}

Result<http::ResponseHead> AnswerReader::read_head() {
  for (;;) {
    auto end = http::find_head_end(bytes_);
    if (!end) {
      if (bytes_.size() > kHeadLimit) return fail(ErrorCode::io, "the proxy's answer is not HTTP");
      TRY_ASSIGN(bool more, fill());
      if (!more) return fail(ErrorCode::io, "the proxy gives no answer");
      continue;
    }
    auto head = http::parse_response(std::string_view(bytes_).substr(0, *end));
    if (!head) return fail(ErrorCode::io, "the proxy's answer is not HTTP");
    bytes_.erase(0, *end);
    if (head->status >= 200) return std::move(*head);
  }
}

Result<void> AnswerReader::read_body(const http::ResponseHead& head, std::string_view method, const Sink& sink) {
  auto framing = http::response_framing(head, method);
  if (!framing) return fail(ErrorCode::io, "the proxy's answer is not HTTP");
  switch (framing->kind) {
    case http::BodyKind::none:
      return {};
    case http::BodyKind::length:
      return read_length(framing->length, sink);
    case http::BodyKind::chunked:
      return read_chunks(sink);
    case http::BodyKind::until_close:
      break;
  }
  return read_all(sink);
}

Result<void> AnswerReader::read_length(uint64_t length, const Sink& sink) {
  while (length > 0) {
    if (bytes_.empty()) {
      TRY_ASSIGN(bool more, fill());
      if (!more) return cut_short();
    }
    auto piece = std::string_view(bytes_).substr(0, length);
    TRY(sink(piece));
    length -= piece.size();
    bytes_.erase(0, piece.size());
  }
  return {};
}

Result<void> AnswerReader::read_chunks(const Sink& sink) {
  http::ChunkedDecoder decoder;
  std::string data;
  while (!decoder.done()) {
    if (bytes_.empty()) {
      TRY_ASSIGN(bool more, fill());
      if (!more) return cut_short();
    }
    data.clear();
    auto taken = decoder.decode(bytes_, data);
    if (!taken) return fail(ErrorCode::io, "the proxy's answer is not HTTP");
    bytes_.erase(0, *taken);
    if (!data.empty()) TRY(sink(data));
  }
  return {};
}

Result<void> AnswerReader::read_all(const Sink& sink) {
  for (;;) {
    if (!bytes_.empty()) TRY(sink(bytes_));
    bytes_.clear();
    TRY_ASSIGN(bool more, fill());
    if (!more) return {};
  }
}

}  // namespace weir::cli
