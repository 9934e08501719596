// SPDX-License-Identifier: Apache-2.0
// Reads one answer from a connection: its head, then its body as it comes.  Blocking.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/local_connection.h"
#include "http/head.h"

namespace weir::cli {

class AnswerReader {
 public:
  using Sink = std::function<Result<void>(std::string_view bytes)>;

  explicit AnswerReader(LocalConnection& connection) : connection_(connection) {}

  // Interim answers (1xx) are passed over.  Errors: those of the connection; io for what is no HTTP.
  Result<http::ResponseHead> read_head();
  // Errors besides: origin when the body ends before its end, and those of `sink`.
  Result<void> read_body(const http::ResponseHead& head, std::string_view method, const Sink& sink);

 private:
  // Reads more into bytes_; false at the end of the stream.
  Result<bool> fill();
  Result<void> read_length(uint64_t length, const Sink& sink);
  Result<void> read_chunks(const Sink& sink);
  Result<void> read_all(const Sink& sink);

  LocalConnection& connection_;
  std::string bytes_;  // that came and were not taken yet
};

}  // namespace weir::cli
