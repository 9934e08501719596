// SPDX-License-Identifier: Apache-2.0
// Feeds a head in pieces, as a connection does: for tests that must not depend on where the input is cut.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "http/head.h"

namespace weir::http {

inline void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.status << " " << refusal.message;
}
inline void PrintTo(const Field& field, std::ostream* out) {
  *out << field.name << ": " << field.value;
}

class HeadReader {
 public:
  // The head so far and `bytes`; the request or its refusal once that is decided.
  void feed(std::string_view bytes) {
    if (result) return;
    size_t scanned = buffer_.size();
    buffer_.append(bytes);
    if (auto end = find_head_end(buffer_, scanned)) {
      result = parse_request(std::string_view(buffer_).substr(0, *end));
    } else if (auto refusal = refuse_unfinished_request(buffer_)) {
      result = refuse(*refusal);
    }
  }

  std::optional<Parsed<RequestHead>> result;

 private:
  std::string buffer_;
};

inline std::optional<Parsed<RequestHead>> read_in_two(std::string_view input, size_t cut) {
  HeadReader reader;
  reader.feed(input.substr(0, cut));
  reader.feed(input.substr(cut));
  return reader.result;
}

inline std::optional<Parsed<RequestHead>> read_byte_by_byte(std::string_view input) {
  HeadReader reader;
  for (size_t i = 0; i < input.size(); ++i) reader.feed(input.substr(i, 1));
  return reader.result;
}

}  // namespace weir::http
