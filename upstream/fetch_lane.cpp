// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_lane.h"

#include <algorithm>
#include <utility>

#include "http/via.h"

namespace weir::upstream {
namespace {

// A whole file is asked for without Range, and a rest without an end: what every server can give.
std::string range_value(ByteRange range, uint64_t size) {
  auto value = "bytes=" + std::to_string(range.begin) + "-";
  return range.end == size ? value : value + std::to_string(range.end - 1);
}

OriginRequest make_request(const http::Url& source, ByteRange range, uint64_t size, const std::string& pseudonym) {
  OriginRequest request;
  request.method = "GET";
  request.host = source.host;
  request.port = source.port;
  request.target = source.target;
  request.fields = {{"Host", source.authority().text(443)},
                    {"User-Agent", "weir"},
                    {"Accept", "*/*"},
                    {"Accept-Encoding", "identity"}};
  http::add_via(request.fields, 1, pseudonym);
  if (range != ByteRange{0, size}) request.fields.add("Range", range_value(range, size));
  return request;
}

}  // namespace

FetchLane::FetchLane(LaneOwner& owner, OriginClient& origin, const http::Url& source, ByteRange range, uint64_t size,
                     const std::string& pseudonym)
    : owner_(owner),
      source_(source),
      size_(size),
      position_(range.begin),
      end_(range.end),
      asked_end_(range.end),
      transfer_(origin.start(make_request(source, range, size, pseudonym), *this)) {}

void FetchLane::resume() {
  if (std::exchange(paused_, false) && transfer_) transfer_->resume_reading();
}

void FetchLane::on_head(http::ResponseHead head) {
  auto answer = judge_blob_answer(head, position_, size_);
  if (answer.kind != BlobAnswer::Kind::use) return owner_.on_refused(*this, std::move(answer));
  skip_ = answer.skip;
}

bool FetchLane::ready_for_data() {
  paused_ = !owner_.has_room();
  return !paused_;
}

void FetchLane::on_data(std::string_view bytes) {
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
                        source_.host + " ended the file early, at byte " + std::to_string(position_) + "."};
  owner_.on_broken(*this, std::move(*fault));
}

}  // namespace weir::upstream
