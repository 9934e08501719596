// SPDX-License-Identifier: Apache-2.0
#include "proxy/origin_sender.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "cas/disk.h"

namespace weir::proxy {
namespace {

constexpr uint64_t kHashSlice = 32 << 20;

}  // namespace

OriginSender::OriginSender(WorkerContext& context, Responder& responder, upstream::JoinRequest request,
                           HoldBack hold_back, std::shared_ptr<const cas::BlobFile> before, Events events)
    : context_(context),
      responder_(responder),
      digest_(request.digest),
      range_(request.want.range),
      hold_back_(hold_back),
      before_(std::move(before)),
      events_(std::move(events)),
      verifies_(hold_back.guarded() && (range_.begin == 0 || before_)),
      fetch_(context.loop, context.origin, context.services.fetches.direct_setup(), std::move(request), *this),
      received_(range_.begin),
      position_(range_.begin),
      hasher_(std::make_shared<Sha256Hasher>()),
      drip_(context.loop, [this] {
        hold_back_.drip();
        ++dripped_;
        pump();
      }) {}

void OriginSender::start() {
  if (hashes_before()) hash_before();
  fetch_.start();
}

void OriginSender::pump() {
  send();
  fetch_.resume();
}

// --- from the origin

bool OriginSender::has_room() const {
  return window_.size() < kMaxQueued && !responder_.congested();
}

void OriginSender::on_bytes(std::string_view bytes) {
  window_.append(bytes);
  received_ += bytes.size();
  hash_window();
  send();
}

void OriginSender::on_filled() {
  filled_ = true;
  conclude();
}

void OriginSender::on_failed(upstream::FetchFailure failure) {
  if (std::exchange(ended_, true)) return;
  drip_.stop();
  hash_task_.cancel();
  events_.on_failed(std::move(failure));
}

// --- the digest

void OriginSender::hash_before() {
  auto end = std::min(range_.begin, hashed_ + kHashSlice);
  hash_task_ = context_.services.disk.submit<Result<void>>(
      context_.loop,
      [file = before_, hasher = hasher_, begin = hashed_, end] {
        return cas::hash_range(file->fd(), begin, end, *hasher);
      },
      [this, end](Result<void> done) {
        if (!done) return fail("What was sent cannot be verified: " + done.error().message + ".");
        hashed_ = end;
        if (hashes_before()) return hash_before();
        hash_window();
        conclude();
        pump();
      });
}

void OriginSender::hash_window() {
  if (!verifies_ || hashes_before()) return;
  hasher_->update(std::string_view(window_).substr(window_.size() - static_cast<size_t>(received_ - hashed_)));
  hashed_ = received_;
}

// All that is to come has come: what is kept back may go, if it is right.
void OriginSender::conclude() {
  if (!filled_ || ended_ || hashes_before()) return;
  if (verifies_) {
    auto actual = hasher_->finish();
    if (actual != digest_) {
      ++context_.services.counters.wrong_passed_files;
      // Who resumes this download would keep the wrong bytes.
      context_.services.store.note_wrong_bytes(digest_, wall_now());
      log::error("{}: the bytes that passed by the store are wrong, they are {}; the answer is broken off",
                 digest_.hex(), actual.hex());
      return fail("The bytes that came are not the file: they are " + actual.hex() + ".");
    }
    verified_ = true;
    context_.services.disk.submit(
        [&store = context_.services.store, digest = digest_, size = range_.end] { store.settle_size(digest, size); });
  }
  send();
}

void OriginSender::fail(std::string message) {
  fetch_.stop();
  on_failed({502, std::move(message)});
}

// --- to the client

uint64_t OriginSender::limit() const {
  auto limit = hold_back_.limit(received_, verified_ || !verifies_);
  // The window keeps what cannot be hashed yet: little goes out meanwhile, for it must not run full too soon.
  return hashes_before() ? std::min(limit, range_.begin + dripped_) : limit;
}

void OriginSender::send() {
  auto begin = received_ - window_.size();
  for (auto end = limit(); !ended_ && position_ < end && !responder_.congested();) {
    auto count = std::min<uint64_t>(end - position_, kMaxQueued);
    send_some(std::string_view(window_).substr(static_cast<size_t>(position_ - begin), static_cast<size_t>(count)));
  }
  trim_window();
  update_drip();
  // The end of the origin's answer is waited for: it leaves a connection that can be used again.
  if (filled_ && position_ == range_.end && !std::exchange(ended_, true)) events_.on_sent();
}

void OriginSender::send_some(std::string_view bytes) {
  if (!std::exchange(begun_, true)) events_.on_first_byte();
  auto& record = responder_.record();
  record.from_origin += bytes.size();
  // Those of answers that passed by as a whole are counted at their end.
  if (record.outcome != Outcome::pass) context_.services.counters.bytes_relayed += bytes.size();
  position_ += bytes.size();
  responder_.send_body(bytes);
}

void OriginSender::trim_window() {
  auto needed = verifies_ ? std::min(position_, std::max(hashed_, range_.begin)) : position_;
  window_.erase(0, window_.size() - static_cast<size_t>(received_ - needed));
}

void OriginSender::update_drip() {
  if (ended_ || limit() >= received_) return drip_.stop();
  if (!drip_.running()) drip_.start(kDripInterval);
}

}  // namespace weir::proxy
