// SPDX-License-Identifier: Apache-2.0
#include "proxy/multipart_exchange.h"

#include <algorithm>
#include <utility>

#include "proxy/error_answer.h"

namespace weir::proxy {

MultipartExchange::MultipartExchange(WorkerContext& context, Responder& responder, FileRequest file,
                                     http::MultipartRanges body)
    : context_(context), responder_(responder), file_(std::move(file)), body_(std::move(body)) {
  for (const auto& answered : body_.ranges()) parts_.push_back(make_sender(answered));
}

std::unique_ptr<RangeSender> MultipartExchange::make_sender(const http::AnsweredRange& answered) {
  RangeSender::Events events;
  events.on_prepared = [this] { on_prepared(); };
  events.on_first_byte = [this] { begin_part(); };
  events.on_sent = [this] { end_part(); };
  events.on_failed = [this](const upstream::FetchFailure& failure) { give_up(failure); };
  return std::make_unique<RangeSender>(context_, responder_, file_, answered.range, asked_by(answered),
                                       std::move(events));
}

void MultipartExchange::start() {
  auto held = file_.held ? file_.held : open_held(context_.services, file_.digest);
  if (!held && !file_.source) return give_up(not_held());
  for (auto& part : parts_) part->prepare(held.get());
}

void MultipartExchange::on_writable() {
  if (current_ < parts_.size()) parts_[current_]->pump();
}

// The head says what all parts together are.
void MultipartExchange::on_prepared() {
  if (++prepared_ < parts_.size()) return;
  responder_.record().outcome = outcome();
  parts_.front()->send();
}

Outcome MultipartExchange::outcome() const {
  auto any = [this](Outcome outcome) {
    return std::any_of(parts_.begin(), parts_.end(), [=](const auto& part) { return part->outcome() == outcome; });
  };
  for (auto outcome : {Outcome::miss, Outcome::collapsed, Outcome::pass})
    if (any(outcome)) return outcome;
  return Outcome::hit;
}

// The head of the answer goes out with its first byte: until then a fault can still be told.
void MultipartExchange::begin_part() {
  if (current_ == 0) {
    auto head = file_head(context_.services, file_, 206, outcome());
    head.fields.set("Content-Type", body_.content_type());
    responder_.send_head(std::move(head), body_.length());
  }
  responder_.send_body(body_.head_of(current_));
}

void MultipartExchange::end_part() {
  context_.loop.destroy_later(std::move(parts_[current_]));
  if (++current_ == parts_.size()) {
    responder_.send_body(body_.end());
    return responder_.finish();
  }
  // Not from here: the part is in the middle of something, and other connections get their turn.
  context_.loop.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) parts_[current_]->send();
  });
}

void MultipartExchange::give_up(const upstream::FetchFailure& failure) {
  if (responder_.head_sent()) return responder_.abort();
  answer_error(responder_, failure.status, failure.message, failure.retry_after);
}

}  // namespace weir::proxy
