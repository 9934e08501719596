// SPDX-License-Identifier: Apache-2.0
#include "proxy/error_answer.h"

#include "http/cache_status.h"

namespace weir::proxy {
namespace {

// A sentence as a field's value: no line ends, no controls.
std::string as_field_value(std::string_view text) {
  std::string value;
  for (char c : text) value += static_cast<unsigned char>(c) >= 0x20 && c != 0x7f ? c : ' ';
  return value;
}

}  // namespace

http::ResponseHead own_head(int status, std::string_view message) {
  http::ResponseHead head;
  head.status = status;
  head.reason = http::reason_of(status);
  head.fields.add("Cache-Control", "no-store");
  head.fields.add("Cache-Status", http::cache_status("Weir", http::CacheOutcome::pass, "Weir's own answer"));
  if (status == 407) head.fields.add("Proxy-Authenticate", "Basic realm=\"Weir\", charset=\"UTF-8\"");
  if (status >= 400 && !message.empty()) head.fields.add("X-Error-Message", as_field_value(message));
  return head;
}

void answer_text(Responder& responder, int status, std::string_view content_type, std::string_view text) {
  auto head = own_head(status, "");
  head.fields.add("Content-Type", content_type);
  responder.send_head(std::move(head), text.size());
  responder.send_body(text);
  responder.finish();
}

void answer_error(Responder& responder, int status, std::string_view message, std::optional<Duration> retry_after) {
  auto head = own_head(status, message);
  if (retry_after) head.fields.add("Retry-After", std::to_string((retry_after->count() + 999) / 1000));
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  auto body = std::string(message) + "\n";
  responder.send_head(std::move(head), body.size());
  responder.send_body(body);
  responder.finish();
}

}  // namespace weir::proxy
