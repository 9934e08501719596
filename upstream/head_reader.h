// SPDX-License-Identifier: Apache-2.0
// Puts the header lines that libcurl hands over together again, and judges each head by Weir's own strict parser:
// libcurl itself takes bare line feeds, folded lines, several lengths and a Transfer-Encoding beside a Content-Length.
// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"

namespace weir::upstream {

class HeadReader {
 public:
  // All heads of one answer together: the 1xx ones, the final one, and the trailers.
  static constexpr size_t kMaxBytes = 256 << 10;
  static constexpr size_t kMaxFields = 1000;
  static constexpr size_t kMaxInterim = 32;

  explicit HeadReader(std::string request_method) : request_method_(std::move(request_method)) {}

  // Takes one line with its end.  Returns the final head with the line that ends it, and nothing else otherwise: 1xx
  // heads and trailers are dropped.  A head is without hop-by-hop fields.
  http::Parsed<std::optional<http::ResponseHead>> on_line(std::string_view line);

  bool started() const { return bytes_ > 0; }
  bool complete() const { return complete_; }
  // How the body ends; meaningful once complete().
  http::BodyKind body_kind() const { return body_kind_; }

 private:
  http::Parsed<std::optional<http::ResponseHead>> end_head();

  std::string request_method_;
  std::string text_;  // of the head that is being read
  size_t bytes_ = 0;  // of all lines so far
  size_t interim_ = 0;
  bool complete_ = false;
  http::BodyKind body_kind_ = http::BodyKind::none;
};

}  // namespace weir::upstream
