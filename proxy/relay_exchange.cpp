// SPDX-License-Identifier: Apache-2.0
#include "proxy/relay_exchange.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "http/cache_status.h"
#include "http/text.h"
#include "http/via.h"
#include "proxy/error_answer.h"

namespace weir::proxy {

int status_of(const upstream::OriginFault& fault) {
  using Kind = upstream::OriginFault::Kind;
  if (fault.kind == Kind::refused_address) return 403;
  return fault.kind == Kind::timeout ? 504 : 502;
}

RelayExchange::RelayExchange(WorkerContext& context, Responder& responder, upstream::OriginRequest request,
                             std::unique_ptr<AnswerFilter> filter)
    : context_(context), responder_(responder), request_(std::move(request)), filter_(std::move(filter)) {}

void RelayExchange::set_body(std::string body) {
  own_body_ = true;
  upload_ = std::move(body);
  upload_ended_ = true;
  request_.body = upstream::RequestBody::length;
  request_.body_length = upload_.size();
}

void RelayExchange::start() {
  responder_.record().outcome = Outcome::pass;
  transfer_ = context_.origin.start(request_, *this);
}

// --- the request's body

void RelayExchange::on_request_body(std::string_view bytes) {
  if (own_body_) return;
  upload_.append(bytes);
  if (upload_.size() - upload_sent_ >= kMaxQueued) {
    body_paused_ = true;
    responder_.pause_request_body();
  }
  if (transfer_) transfer_->resume_body();
}

void RelayExchange::on_request_end() {
  upload_ended_ = true;
  if (transfer_) transfer_->resume_body();
}

size_t RelayExchange::read_body(std::span<char> buffer, bool& at_end) {
  // The origin is connected and has the head: now the client may send what it holds back (RFC 9110, section 10.1.1).
  responder_.send_continue();
  auto count = std::min(buffer.size(), upload_.size() - upload_sent_);
  std::memcpy(buffer.data(), upload_.data() + upload_sent_, count);
  upload_sent_ += count;
  if (upload_sent_ == upload_.size()) {
    upload_.clear();
    upload_sent_ = 0;
  }
  at_end = upload_ended_ && upload_.empty();
  if (body_paused_ && upload_.size() - upload_sent_ < kMaxQueued / 2) {
    body_paused_ = false;
    responder_.resume_request_body();
  }
  return count;
}

// --- the answer

void RelayExchange::on_head(http::ResponseHead head) {
  auto length = http::parse_decimal(head.fields.get("Content-Length"));
  if (auto next = filter_->on_head(head, length)) {
    transfer_.reset();
    return responder_.hand_over(std::move(next));
  }
  http::add_via(head.fields, 1, context_.services.pseudonym);
  auto status = http::cache_status("Weir", http::CacheOutcome::pass);
  auto theirs = std::string(head.fields.get("Cache-Status"));
  head.fields.set("Cache-Status", theirs.empty() ? status : theirs + ", " + status);
  // Another way to the origin would be another way past the proxy.
  head.fields.remove("Alt-Svc");
  head_ = std::move(head);
  length_ = length;
  if (!filter_->delays_head()) send_head();
}

void RelayExchange::send_head() {
  if (!head_) return;
  responder_.send_head(*std::exchange(head_, std::nullopt), length_);
}

bool RelayExchange::ready_for_data() {
  return !responder_.congested();
}

void RelayExchange::on_data(std::string_view bytes) {
  send(filter_->on_data(bytes));
}

void RelayExchange::on_writable() {
  if (transfer_) transfer_->resume_reading();
}

void RelayExchange::on_done(std::optional<upstream::OriginFault> fault) {
  transfer_.reset();
  if (!fault) {
    auto rest = filter_->on_end();
    if (!rest) return fail(502, "The bytes that came from " + request_.host + " are not the file; ask again.");
    send_head();
    send(*rest);
    return responder_.finish();
  }
  log::warning("{}: {}", request_.host, fault->message);
  fail(status_of(*fault), fault->message);
}

void RelayExchange::fail(int status, std::string_view message) {
  if (responder_.head_sent()) return responder_.abort();
  answer_error(responder_, status, message);
}

void RelayExchange::send(std::string_view bytes) {
  if (bytes.empty()) return;
  send_head();
  responder_.record().from_origin += bytes.size();
  responder_.send_body(bytes);
}

}  // namespace weir::proxy
