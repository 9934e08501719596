// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_lane.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "http/via.h"

namespace weir::upstream {
namespace {

// A whole file is asked for without Range, and a rest without an end: what every server can give.
std::string range_value(ByteRange range, uint64_t size) {
  auto value = "bytes=" + std::to_string(range.begin) + "-";
  return range.end == size ? value : value + std::to_string(range.end - 1);
}

}  // namespace

FetchLane::FetchLane(LaneOwner& owner, OriginClient& origin, LaneRequest request)
    : owner_(owner),
      origin_(origin),
      request_(std::move(request)),
      trail_(is_of_origin() ? RedirectTrail(request_.source, request_.is_intercepted) : RedirectTrail(request_.source)),
      position_(request_.range.begin),
      end_(request_.range.end),
      asked_end_(request_.range.end) {
  ask();
}

OriginRequest FetchLane::make_request() const {
  const auto& place = trail_.place();
  bool in_clear = place.scheme == "http";
  OriginRequest request;
  request.method = "GET";
  request.scheme = in_clear ? OriginRequest::Scheme::http : OriginRequest::Scheme::https;
  request.host = place.host;
  request.port = place.port;
  request.target = place.target;
  request.fields = {{"Host", place.authority().text(in_clear ? 80 : 443)},
                    {"User-Agent", "weir"},
                    {"Accept", "*/*"},
                    {"Accept-Encoding", "identity"}};
  request.peer = request_.peer;
  http::add_via(request.fields, 1, request_.pseudonym);
  if (asks_for_part()) request.fields.add("Range", range_value(request_.range, request_.size));
  if (!trail_.at_start()) return request;
  for (const auto& field : request_.credentials) request.fields.add(field.name, field.value);
  // A part of another file than the one that the bytes before it are of would be of no use.
  if (is_of_origin() && request.fields.has("Range") && owner_.tag())
    request.fields.add("If-Range", owner_.tag()->text());
  return request;
}

// A source that is known to give the whole alone is asked for that.
bool FetchLane::asks_for_part() const {
  if (request_.range == ByteRange{0, request_.size}) return false;
  return is_of_origin() || request_.answer == StartLane::Answer::part;
}

void FetchLane::ask() {
  transfer_ = origin_.start(make_request(), *this);
}

void FetchLane::resume() {
  if (std::exchange(paused_, false) && transfer_) transfer_->resume_reading();
}

BlobAnswer FetchLane::judge(const http::ResponseHead& head) const {
  // The tags of other places, to which the source may lead one way now and another way later, are not compared.
  auto tag = trail_.at_start() ? owner_.tag() : std::nullopt;
  auto answer = judge_blob_answer(head, {request_.range.begin, request_.size, std::move(tag)});
  bool is_part = request_.range != ByteRange{0, request_.size};
  if (answer.kind == BlobAnswer::Kind::use && head.status == 200 && is_part &&
      request_.answer == StartLane::Answer::part)
    return {BlobAnswer::Kind::ignores_range, 0, std::nullopt, "it ignores Range and sends the whole file"};
  return answer;
}

void FetchLane::on_source_head(const http::ResponseHead& head) {
  auto range = asks_for_part() ? request_.range : ByteRange{0, request_.size};
  auto answerer = trail_.at_start() ? SourceQuestion::Answerer::source : SourceQuestion::Answerer::another;
  auto answer = judge_source_answer(head, {request_.kind, request_.digest, range, request_.size, answerer});
  skip_ = request_.range.begin - range.begin;
  if (answer.kind == SourceAnswer::Kind::redirect) {
    auto trouble = trail_.follow(head);
    if (!trouble) return ask();
    answer = {SourceAnswer::Kind::refuses, {}, std::nullopt, std::move(*trouble)};
  }
  owner_.on_answer(*this, answer);
}

void FetchLane::on_head(http::ResponseHead head) {
  if (!is_of_origin()) return on_source_head(head);
  auto answer = judge(head);
  if (answer.kind == BlobAnswer::Kind::redirect) return follow(head);
  if (answer.kind != BlobAnswer::Kind::use) return owner_.on_refused(*this, std::move(answer));
  skip_ = answer.skip;
  if (auto its_tag = strong_tag(head.fields); its_tag && trail_.at_start()) owner_.on_tag(*this, std::move(*its_tag));
}

void FetchLane::follow(const http::ResponseHead& head) {
  auto from = host();
  auto trouble = trail_.follow(head);
  if (trouble) return owner_.on_refused(*this, {BlobAnswer::Kind::refused, 0, std::nullopt, std::move(*trouble)});
  log::debug("{} redirects to {}", from, host());
  ask();
}

bool FetchLane::ready_for_data() {
  paused_ = !owner_.has_room(*this);
  return !paused_;
}

void FetchLane::on_data(std::string_view bytes) {
  owner_.on_received(*this, bytes.size());
  auto dropped = std::min<uint64_t>(skip_, bytes.size());
  skip_ -= dropped;
  bytes.remove_prefix(static_cast<size_t>(dropped));
  // What comes behind the end belongs to another lane, or is more than the file has: the digest decides about that.
  auto wanted =
      bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(bytes.size(), end_ - std::min(end_, position_))));
  auto offset = std::exchange(position_, position_ + wanted.size());
  if (!wanted.empty()) owner_.on_bytes(*this, offset, wanted);
  // An answer that ends where it was asked to leaves a connection that can be used again, so its end is waited for; one
  // that goes on is cut off.
  bool goes_on = end_ != asked_end_ || wanted.size() < bytes.size();
  if (transfer_ && position_ >= end_ && goes_on) owner_.on_filled(*this);
}

void FetchLane::on_done(std::optional<OriginFault> fault) {
  if (position_ >= end_) return owner_.on_filled(*this);
  if (!fault)
    fault = OriginFault{OriginFault::Kind::cut,
                        host() + " ended the file early, at byte " + std::to_string(position_) + "."};
  owner_.on_broken(*this, std::move(*fault));
}

}  // namespace weir::upstream
