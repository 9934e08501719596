// SPDX-License-Identifier: Apache-2.0
// Where redirects lead that Weir itself follows: those of a CDN, in answer to a request that bears no credentials but
// the URL's own query.  Only over https, only to port 443 of intercepted hosts, and not for ever.  Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/head.h"
#include "http/target.h"

namespace weir::upstream {

// 301, 302, 303, 307 and 308.
bool is_redirect(int status);

class RedirectTrail {
 public:
  static constexpr size_t kMaxHops = 5;

  RedirectTrail(http::Url start, std::function<bool(std::string_view host)> is_intercepted)
      : place_(std::move(start)), is_intercepted_(std::move(is_intercepted)) {}

  // Where to ask now.
  const http::Url& place() const { return place_; }
  // Nobody has led it on yet.
  bool at_start() const { return hops_ == 0; }

  // Goes where this answer of place() leads.  Otherwise nothing moves, and the words say why, without the target's path
  // or query.
  std::optional<std::string> follow(const http::ResponseHead& answer);

 private:
  http::Url place_;
  std::function<bool(std::string_view host)> is_intercepted_;
  size_t hops_ = 0;
};

}  // namespace weir::upstream
