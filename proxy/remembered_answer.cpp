// SPDX-License-Identifier: Apache-2.0
#include "proxy/remembered_answer.h"

#include <utility>

#include "http/cache_status.h"
#include "http/via.h"

namespace weir::proxy {
namespace {

constexpr size_t kPiece = 64 << 10;

}  // namespace

void RememberedExchange::start() {
  responder_.record().outcome = Outcome::hit;
  http::ResponseHead head;
  head.status = answer_.status;
  head.reason = http::reason_of(answer_.status);
  head.fields = answer_.fields;
  head.fields.remove("Content-Length");
  head.fields.set("Cache-Status", http::cache_status("Weir", http::CacheOutcome::hit, detail_of(answer_.basis)));
  http::add_via(head.fields, 1, services_.pseudonym);
  responder_.send_head(std::move(head), answer_.body->size());
  if (answer_.head_only) return responder_.finish();
  rest_ = *answer_.body;
  on_writable();
}

void RememberedExchange::on_writable() {
  if (!responder_.head_sent() || answer_.head_only) return;
  while (!rest_.empty() && !responder_.congested()) {
    auto piece = rest_.substr(0, kPiece);
    rest_.remove_prefix(piece.size());
    responder_.send_body(piece);
  }
  if (rest_.empty()) responder_.finish();
}

}  // namespace weir::proxy
