// SPDX-License-Identifier: Apache-2.0
// Where redirects lead that Weir itself follows: those of a CDN or of a source, in answer to a request whose
// credentials do not go along.  A CDN's only over https, only to port 443 of intercepted hosts, and not for ever. Pure.
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

  // Of a source that the operator named: over https to any place, and in clear only to the place that it is itself.
  explicit RedirectTrail(http::Url start) : place_(std::move(start)) {}

  // Where to ask now.
  const http::Url& place() const { return place_; }
  // Nobody has led it on yet.
  bool at_start() const { return hops_ == 0; }

  // Goes where this answer of place() leads.  Otherwise nothing moves, and the words say why, without the target's path
  // or query.
  std::optional<std::string> follow(const http::ResponseHead& answer);

 private:
  std::optional<std::string> refusal(const http::Url& next) const;

  http::Url place_;
  std::function<bool(std::string_view host)> is_intercepted_;  // null: of a named source
  size_t hops_ = 0;
};

}  // namespace weir::upstream
