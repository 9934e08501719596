// SPDX-License-Identifier: Apache-2.0
// Asks the hub through a Weir near by, in absolute form, as any client of the proxy could.  Blocking; one object may be
// used from several threads.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "cli/proxy_contact.h"
#include "config/config.h"
#include "http/head.h"
#include "http/target.h"

namespace weir::cli {

struct HubAccess {
  ProxyContact proxy;
  std::string hub;             // the hub's host
  Secret token;                // sent to that host alone; may be empty
  Secret proxy_authorization;  // may be empty
};

// With the credentials of the environment.  Errors: io, invalid.
Result<HubAccess> hub_access(const config::Config& config, const ProxyContact& proxy,
                             const config::Environment& environment);

struct HubAnswer {
  http::Url url;  // that gave it, behind all redirects that were followed
  http::ResponseHead head;
  uint64_t body_bytes = 0;
};

// Takes the next bytes of a 200's body.  An error ends the request with it.
using BodySink = std::function<Result<void>(const http::ResponseHead& head, std::string_view bytes)>;

enum class Redirects {
  relative,  // those that stay on the host; any other is the answer
  all,
};

// Told of a pause that a 429 demands before it is waited out; by any thread, once for those that overlap.
using PauseNotice = std::function<void(Duration)>;

class HubClient {
 public:
  // `stop`: a descriptor that ends all requests as cancelled when it becomes readable; -1 for none.
  explicit HubClient(HubAccess access, int stop = -1, PauseNotice on_pause = nullptr)
      : access_(std::move(access)), stop_(stop), on_pause_(std::move(on_pause)) {}

  // The hub's URL for a target in origin-form.
  Result<http::Url> url_of(const std::string& target) const;

  // Whatever the answer is, but for the redirects that are followed.  A 429 with a short Retry-After is waited out.
  // Errors: io, timeout, cancelled; origin for a body that is cut short, and for redirects without end.
  Result<HubAnswer> ask(std::string_view method, http::Url url, Redirects redirects, const BodySink& sink) const;

  const HubAccess& access() const { return access_; }

 private:
  Result<HubAnswer> ask_once(std::string_view method, const http::Url& url, const BodySink& sink) const;
  Result<HubAnswer> ask_patiently(std::string_view method, const http::Url& url, const BodySink& sink) const;
  Result<void> wait_out(Duration pause) const;
  std::string request_text(std::string_view method, const http::Url& url) const;

  const HubAccess access_;
  const int stop_;
  const PauseNotice on_pause_;
  mutable std::mutex pause_mutex_;
  mutable MonotonicTime told_until_{};  // guarded by pause_mutex_
};

// What an answer that is no success says of itself.
Error refusal_of(const http::ResponseHead& head);

}  // namespace weir::cli
