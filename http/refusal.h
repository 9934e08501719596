// SPDX-License-Identifier: Apache-2.0
// What a message that breaks the rules is answered with.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace weir::http {

// A status and a sentence for the person at the other end.
struct Refusal {
  int status = 400;
  std::string message;

  bool operator==(const Refusal&) const = default;
};

template <typename T>
using Parsed = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(int status, std::string message) {
  return tl::unexpected<Refusal>(Refusal{status, std::move(message)});
}
inline tl::unexpected<Refusal> refuse(Refusal refusal) {
  return tl::unexpected<Refusal>(std::move(refusal));
}

}  // namespace weir::http
