// SPDX-License-Identifier: Apache-2.0
#include "proxy/peer_blob_exchange.h"

#include <string>
#include <utility>

#include "http/conditional.h"
#include "http/range.h"
#include "peer/runs.h"
#include "proxy/error_answer.h"
#include "proxy/file_exchange.h"
#include "proxy/peer_access.h"

namespace weir::proxy {
namespace {

// One answer for what is not held and for what is not shared.
constexpr char kNotHere[] = "This Weir does not have that blob, or does not share it.";

// The one range that a request asks for; the whole without Range.  Nothing for several ranges and impossible ones.
std::optional<ByteRange> asked_range(const http::Fields& request, const http::Fields& answer, uint64_t size) {
  using Kind = http::RangeVerdict::Kind;
  bool honoured = http::if_range_allows(request, http::validators_of(answer));
  auto verdict =
      http::judge_ranges(honoured ? http::parse_range(request.get("Range")) : std::vector<http::RangeSpec>(), size);
  if (verdict.kind == Kind::whole) return ByteRange{0, size};
  if (verdict.kind != Kind::part) return std::nullopt;
  return verdict.ranges.front().range;
}

}  // namespace

void PeerBlobExchange::start() {
  responder_.record().digest = digest_;
  responder_.record().outcome = Outcome::pass;
  if (context_.settings->options.peer.share_private) return look();
  question_ = context_.services.peers.sharing->ask(digest_, context_.loop, [this](bool shared) {
    if (!shared) return answer_error(responder_, 404, kNotHere);
    look();
  });
}

void PeerBlobExchange::look() {
  context_.services.fetches.find(digest_, context_.loop,
                                 [this, alive = std::weak_ptr<bool>(alive_)](const Progress& progress) {
                                   if (!alive.expired()) on_looked(progress);
                                 });
}

// A fetch that ended since it was looked for has left its blob in the store.
void PeerBlobExchange::on_looked(const Progress& progress) {
  if (auto blob = open_held(context_.services, digest_)) return answer_whole(std::move(blob));
  if (!progress || !progress->file()) return answer_error(responder_, 404, kNotHere);
  answer_part(*progress);
}

http::Fields PeerBlobExchange::fields(uint64_t size, std::vector<ByteRange> runs) const {
  http::Fields fields{
      {"Content-Type", "application/octet-stream"}, {"Accept-Ranges", "bytes"}, {"ETag", '"' + digest_.hex() + '"'}};
  if (size > 0) fields.add(peer::kRangesField, peer::format_runs(std::move(runs)));
  return fields;
}

void PeerBlobExchange::answer_whole(std::shared_ptr<const cas::Blob> blob) {
  FileRequest file;
  file.digest = digest_;
  file.size = blob->size();
  file.answer = fields(file.size, {{0, file.size}});
  file.request = std::move(request_.fields);
  file.head_only = request_.method == "HEAD";
  file.held = std::move(blob);
  responder_.hand_over(std::make_unique<FileExchange>(context_, responder_, std::move(file)));
}

http::ResponseHead PeerBlobExchange::head(int status, const http::Fields& fields) const {
  FileRequest file;
  file.answer = fields;
  return file_head(context_.services, file, status, Outcome::hit);
}

void PeerBlobExchange::answer_part(const upstream::FetchProgress& progress) {
  auto size = progress.size();
  auto runs = progress.readable_ranges();
  auto answer = fields(size, runs);
  if (request_.method == "HEAD") {
    responder_.record().outcome = Outcome::hit;
    responder_.send_head(head(200, answer), size);
    return responder_.finish();
  }
  auto range = asked_range(request_.fields, answer, size);
  if (range && peer::covers(runs, *range)) {
    bool whole = range->size() == size;
    if (!whole) answer.set("Content-Range", http::content_range(*range, size));
    return send(progress, *range, head(whole ? 200 : 206, answer));
  }
  auto refusal = own_head(416, "");
  refusal.fields.add(peer::kRangesField, answer.get(peer::kRangesField));
  refusal.fields.add("Content-Range", http::unsatisfied_range(size));
  responder_.send_head(std::move(refusal), 0);
  responder_.finish();
}

void PeerBlobExchange::send(const upstream::FetchProgress& progress, ByteRange range, http::ResponseHead head) {
  responder_.record().outcome = Outcome::hit;
  responder_.send_head(std::move(head), range.size());
  HoldBack hold_back(Asked::closed, range, progress.size());
  sender_ = std::make_unique<BlobSender>(context_, responder_, progress.file(), range, hold_back, range.end);
  // A peer verifies the whole by itself: nothing of what is there is held back from it.
  sender_->set_progress(range.end, true);
  sender_->pump();
}

void PeerBlobExchange::on_writable() {
  if (sender_) sender_->pump();
}

}  // namespace weir::proxy
