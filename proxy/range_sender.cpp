// SPDX-License-Identifier: Apache-2.0
#include "proxy/range_sender.h"

#include <utility>

namespace weir::proxy {

using upstream::FetchFailure;
using upstream::FetchState;

RangeSender::RangeSender(WorkerContext& context, Responder& responder, const FileRequest& file, ByteRange range,
                         Asked asked, Events events)
    : context_(context),
      responder_(responder),
      file_(file),
      range_(range),
      asked_(asked),
      hold_back_(asked, range, file.size),
      may_be_a_look_(may_be_a_look(asked, range)),
      events_(std::move(events)),
      fresh_from_(file.size) {}

// --- where the bytes come from

void RangeSender::prepare(const cas::Blob* held) {
  if (held != nullptr) {
    held_ = held->file();
    return prepared(Outcome::hit);
  }
  if (!context_.services.store.health().writable()) return prepared(Outcome::pass);
  join();
}

void RangeSender::join() {
  using Reach = upstream::Want::Reach;
  auto reach = Reach::range;
  if (hold_back_.guarded() && !may_be_a_look_) reach = Reach::verified;
  if (asked_ == Asked::whole || (asked_ == Asked::open && range_.begin == 0)) reach = Reach::whole;
  upstream::Want want{range_, reach};
  membership_ = context_.services.fetches.join(join_request(file_, want), context_.loop, *this);
}

// What is held of all that comes before tells a look at the end from the end of a download, of which a crash may have
// lost a part.  False when that part is missing, and so more is wanted than the range.
bool RangeSender::decide_on_look() {
  auto held = progress_->readable_from(0);
  may_be_a_look_ = held < range_.begin / 2;
  hold_back_ = HoldBack(may_be_a_look_ ? Asked::closed : asked_, range_, file_.size);
  return may_be_a_look_ || held >= range_.begin;
}

void RangeSender::on_joined(std::shared_ptr<const upstream::FetchProgress> progress, bool started) {
  progress_ = std::move(progress);
  if (started && !std::exchange(started_, true)) fresh_from_ = progress_->readable_from(range_.begin);
  if (may_be_a_look_ && !decide_on_look()) return join();
  prepared(started_ ? Outcome::miss : progress_->state() == FetchState::verified ? Outcome::hit : Outcome::collapsed);
}

void RangeSender::prepared(Outcome outcome) {
  outcome_ = outcome;
  if (stage_ != Stage::preparing) return proceed();  // it has started over
  stage_ = Stage::prepared;
  events_.on_prepared();
}

// --- sending

void RangeSender::send() {
  stage_ = Stage::sending;
  proceed();
}

void RangeSender::pump() {
  if (sender_) sender_->pump();
  if (passer_) passer_->pump();
}

void RangeSender::proceed() {
  if (stage_ != Stage::sending || passer_) return;
  if (progress_) return proceed_with_fetch();
  if (!held_) return pass_by_store();
  if (held_->size() != file_.size) return fail(wrong_size(file_, held_->size()));
  begin(held_);
  sender_->set_progress(file_.size, true);
  sender_->pump();
}

void RangeSender::proceed_with_fetch() {
  if (progress_->size() != file_.size) return fail(wrong_size(file_, progress_->size()));
  auto state = progress_->state();
  auto readable = progress_->readable_from(sender_ ? sender_->position() : range_.begin);
  if (state == FetchState::failed && !outlives(progress_->failure())) return;
  if (!sender_) {
    bool first_byte = readable > range_.begin || (range_.empty() && state == FetchState::verified);
    if (!first_byte && state == FetchState::failed) return pass_by_store();
    if (!first_byte) return;
    begin(progress_->file());
  }
  responder_.record().sources = progress_->sources();
  if (state == FetchState::failed) sender_->end_of_progress();
  sender_->set_progress(readable, state == FetchState::verified);
  sender_->pump();
}

// Whether the range can go on without the fetch.
bool RangeSender::outlives(const FetchFailure& failure) {
  using Remedy = FetchFailure::Remedy;
  if (failure.remedy == Remedy::pass_by) return true;
  if (failure.remedy == Remedy::start_over && !begun_ && !std::exchange(started_over_, true)) {
    membership_.reset();
    progress_ = nullptr;
    join();
    return false;
  }
  fail(failure);
  return false;
}

void RangeSender::begin(std::shared_ptr<const cas::BlobFile> file) {
  first_byte();
  sender_ = std::make_unique<BlobSender>(context_, responder_, std::move(file), range_, hold_back_, fresh_from_,
                                         events_.on_sent);
  if (file_.source) sender_->set_on_dry([this] { pass_by_store(); });
}

// The range begins, or goes on where it is, with bytes from the origin that are not stored.
void RangeSender::pass_by_store() {
  ++context_.services.counters.passed_by[static_cast<size_t>(PassedBy::store)];
  auto position = sender_ ? sender_->position() : range_.begin;
  std::shared_ptr<const cas::BlobFile> before;
  // A blob of the store holds all that comes before, a partial blob perhaps not.
  if (sender_ && (!progress_ || progress_->readable_from(0) >= position)) before = sender_->file();
  if (sender_) context_.loop.destroy_later(std::move(sender_));
  membership_.reset();
  if (!begun_) outcome_ = Outcome::pass;
  OriginSender::Events events;
  events.on_first_byte = [this] { first_byte(); };
  events.on_sent = events_.on_sent;
  events.on_failed = [this](const FetchFailure& failure) { fail(failure); };
  upstream::Want rest{{position, range_.end}, upstream::Want::Reach::range};
  passer_ = std::make_unique<OriginSender>(context_, responder_, join_request(file_, rest), hold_back_,
                                           std::move(before), std::move(events));
  passer_->start();
}

void RangeSender::first_byte() {
  if (!std::exchange(begun_, true)) events_.on_first_byte();
}

void RangeSender::fail(const FetchFailure& failure) {
  if (std::exchange(stage_, Stage::ended) != Stage::ended) events_.on_failed(failure);
}

}  // namespace weir::proxy
