// SPDX-License-Identifier: Apache-2.0
#include "upstream/direct_fetch.h"

#include <utility>
#include <variant>

#include "base/log.h"

namespace weir::upstream {

DirectFetch::DirectFetch(Loop& loop, OriginClient& origin, DirectSetup setup, JoinRequest request, DirectReader& reader)
    : loop_(loop),
      origin_(origin),
      setup_(std::move(setup)),
      reader_(reader),
      digest_(request.digest),
      size_(request.size),
      left_(request.want.range),
      source_(std::move(request.source)),
      refresher_(origin, setup_.pseudonym, setup_.is_intercepted),
      schedule_(setup_.options, setup_.patience),
      retry_timer_(loop, [this] { ask(); }) {
  if (request.grant) grants_.add(std::move(request.grant));
}

DirectFetch::~DirectFetch() = default;

void DirectFetch::start() {
  schedule_.begin(monotonic_now());
  ask();
}

void DirectFetch::resume() {
  if (lane_) lane_->resume();
}

void DirectFetch::stop() {
  end_lane();
  refresher_.cancel();
  retry_timer_.stop();
}

void DirectFetch::ask() {
  LaneRequest request{source_, left_, size_, setup_.pseudonym, setup_.is_intercepted};
  lane_ = std::make_unique<FetchLane>(*this, origin_, std::move(request));
}

void DirectFetch::end_lane() {
  if (!lane_) return;
  lane_->stop();
  // It may be in the middle of a call to us.
  loop_.destroy_later(std::move(lane_));
}

void DirectFetch::on_tag(const FetchLane&, http::EntityTag tag) {
  tag_ = std::move(tag);
}

void DirectFetch::on_bytes(FetchLane&, uint64_t, std::string_view bytes) {
  schedule_.progress();
  left_.begin += bytes.size();
  reader_.on_bytes(bytes);
}

void DirectFetch::on_filled(FetchLane&) {
  end_lane();
  reader_.on_filled();
}

void DirectFetch::on_broken(FetchLane&, OriginFault fault) {
  end_lane();
  if (fault.is_final()) return fail({502, std::move(fault.message)});
  retry(std::nullopt, {fault.status(), std::move(fault.message)});
}

void DirectFetch::on_refused(FetchLane& lane, BlobAnswer answer) {
  auto reason = lane.host() + " did not give the file: " + answer.reason + ".";
  end_lane();
  switch (answer.kind) {
    case BlobAnswer::Kind::expired:
      return refresh();
    case BlobAnswer::Kind::busy:
      return retry(answer.retry_after, {429, reason, answer.retry_after});
    case BlobAnswer::Kind::later:
    case BlobAnswer::Kind::broken:
      return retry(answer.retry_after, {502, reason, answer.retry_after});
    case BlobAnswer::Kind::use:
    case BlobAnswer::Kind::redirect:
    case BlobAnswer::Kind::refused:
    case BlobAnswer::Kind::changed:
    case BlobAnswer::Kind::ignores_range:
      return fail({502, reason});
  }
}

void DirectFetch::retry(std::optional<Duration> not_before, FetchFailure reason) {
  auto delay = schedule_.next(monotonic_now(), not_before);
  if (!delay) return fail(std::move(reason));
  log::info("{} is asked for again from byte {} in {} ms: {}", digest_.hex(), left_.begin, delay->count(),
            reason.message);
  retry_timer_.start(*delay);
}

void DirectFetch::refresh() {
  if (!schedule_.next_at_once())
    return fail({502, source_.host + " refuses every URL that the hub gives for this file."});
  refresher_.start(grants_, digest_, size_, [this](UrlRefresher::Answer answer) { on_refreshed(std::move(answer)); });
}

void DirectFetch::on_refreshed(UrlRefresher::Answer answer) {
  if (auto* url = std::get_if<http::Url>(&answer)) {
    source_ = std::move(*url);
    // Another place may have another tag for the same bytes.
    tag_.reset();
    return ask();
  }
  if (auto* trouble = std::get_if<UrlRefresher::Trouble>(&answer))
    return retry(trouble->retry_after, {502, trouble->message, trouble->retry_after});
  fail({502, "The URL of the file has expired, and the hub does not permit it to this client any more."});
}

void DirectFetch::fail(FetchFailure failure) {
  stop();
  reader_.on_failed(std::move(failure));
}

}  // namespace weir::upstream
