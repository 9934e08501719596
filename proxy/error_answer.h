// SPDX-License-Identifier: Apache-2.0
// Weir's own answers: a status and a sentence that helps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/head.h"
#include "proxy/exchange.h"

namespace weir::proxy {

// A head for Weir's own text answer: Date, Content-Type, no caching.  X-Error-Message repeats the sentence for errors,
// for that is where the hub's clients look.  A 407 asks for Basic authentication.
http::ResponseHead own_head(int status, std::string_view message);

// Answers the whole request.  The request's own body, if any is left, is dropped and the connection closed.
// `retry_after`: when another try may do better, if that is known.
void answer_error(Responder& responder, int status, std::string_view message,
                  std::optional<Duration> retry_after = std::nullopt);
void answer_text(Responder& responder, int status, std::string_view content_type, std::string_view text);

// An exchange that only says one sentence.
class ErrorExchange : public Exchange {
 public:
  ErrorExchange(Responder& responder, int status, std::string message)
      : responder_(responder), status_(status), message_(std::move(message)) {}
  void start() override { answer_error(responder_, status_, message_); }

 private:
  Responder& responder_;
  int status_;
  std::string message_;
};

}  // namespace weir::proxy
