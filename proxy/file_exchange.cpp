// SPDX-License-Identifier: Apache-2.0
#include "proxy/file_exchange.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "http/cache_status.h"
#include "http/range.h"
#include "http/via.h"
#include "proxy/error_answer.h"

namespace weir::proxy {
namespace {

http::CacheOutcome cache_outcome(Outcome outcome) {
  switch (outcome) {
    case Outcome::hit:
      return http::CacheOutcome::hit;
    case Outcome::collapsed:
      return http::CacheOutcome::collapsed;
    case Outcome::miss:
      return http::CacheOutcome::miss;
    default:
      return http::CacheOutcome::pass;
  }
}

Asked asked_by(const http::RangeSpec& spec) {
  return spec.kind == http::RangeSpec::Kind::open ? Asked::open : Asked::closed;
}

bool is_empty_file(const FileRequest& file) {
  return file.size == 0 && file.digest == sha256("");
}

}  // namespace

FileExchange::FileExchange(WorkerContext& context, Responder& responder, FileRequest file)
    : context_(context), responder_(responder), file_(std::move(file)), range_{0, file_.size} {}

void FileExchange::start() {
  auto& record = responder_.record();
  record.digest = file_.digest;
  auto etag = http::parse_entity_tag(file_.answer.get("ETag"));
  outcome_ = context_.services.store.has(file_.digest) ? Outcome::hit : Outcome::pass;
  if (etag && http::if_none_match_names(file_.request, *etag)) return answer_without_body(304, std::nullopt);
  if (file_.head_only) return answer_without_body(200, file_.size);
  if (!judge_range()) return;
  if (is_empty_file(file_)) return answer_without_body(200, 0);
  auto blob = context_.services.store.open_blob(file_.digest);
  if (!blob) log::error("{}", blob.error().message);
  if (blob && *blob) return answer_from(***blob);
  join();
}

// False when the range was answered with an error.
bool FileExchange::judge_range() {
  auto etag = http::parse_entity_tag(file_.answer.get("ETag"));
  auto specs = http::parse_range(file_.request.get("Range"));
  // Several ranges get the whole, as RFC 9110, section 14.2 allows.
  if (specs.size() != 1 || !etag || !http::if_range_allows(file_.request, *etag)) return true;
  auto range = specs.front().within(file_.size);
  if (!range) {
    file_.answer.set("Content-Range", http::unsatisfied_range(file_.size));
    answer_error_with(
        416, "The file has " + std::to_string(file_.size) + " bytes; the range that was asked for is beyond its end.");
    return false;
  }
  partial_ = true;
  range_ = *range;
  asked_ = asked_by(specs.front());
  return !refuses_resumption();
}

// A client that resumes a download may hold bytes that turned out wrong, and would append right ones to them.
bool FileExchange::refuses_resumption() {
  if (range_.begin == 0 || range_.end != file_.size) return false;
  if (!context_.services.store.recent_quarantine(file_.digest, wall_now())) return false;
  // wget takes a 416 for "nothing left to do" and ends well with a short file; a 409 it reports (tried with 1.21).
  bool wget = file_.request.get("User-Agent").starts_with("Wget/");
  if (!wget) file_.answer.set("Content-Range", http::unsatisfied_range(file_.size));
  answer_error_with(wget ? 409 : 416,
                    "Wrong bytes of this file were sent a short while ago; delete the partial file and download it "
                    "again from its start.");
  return true;
}

void FileExchange::answer_error_with(int status, std::string_view message) {
  responder_.record().outcome = outcome_;
  auto head = own_head(status, message);
  if (auto* range = file_.answer.find("Content-Range")) head.fields.add("Content-Range", *range);
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  auto body = std::string(message) + "\n";
  responder_.send_head(std::move(head), body.size());
  responder_.send_body(body);
  responder_.finish();
}

void FileExchange::answer_without_body(int status, std::optional<uint64_t> length) {
  send_head(status, outcome_, length);
  responder_.finish();
}

void FileExchange::send_head(int status, Outcome outcome, std::optional<uint64_t> length) {
  responder_.record().outcome = outcome;
  http::ResponseHead head;
  head.status = status;
  head.reason = http::reason_of(status);
  head.fields = file_.answer;
  head.fields.remove("Content-Length");
  if (status == 206) head.fields.set("Content-Range", http::content_range(range_, file_.size));
  head.fields.set("Cache-Status", http::cache_status("Weir", cache_outcome(outcome)));
  http::add_via(head.fields, 1, context_.services.pseudonym);
  responder_.send_head(std::move(head), length);
}

// --- the body

void FileExchange::answer_from(const cas::Blob& blob) {
  if (blob.size() != file_.size) return answer_wrong_size(blob.size());
  outcome_ = Outcome::hit;
  fresh_from_ = file_.size;
  begin_body(blob.file());
  sender_->set_progress(file_.size, true);
  sender_->pump();
}

// A client that got as much as the hub says would take a part for the whole.
void FileExchange::answer_wrong_size(uint64_t size) {
  answer_error(responder_, 502,
               "The hub says that this file has " + std::to_string(file_.size) +
                   " bytes, but the one with its sha256 has " + std::to_string(size) + ".");
}

void FileExchange::join() {
  if (!file_.source)
    return answer_error(responder_, 502, "The stored copy of this file could not be read; ask again to fetch it anew.");
  upstream::JoinRequest request;
  request.digest = file_.digest;
  request.size = file_.size;
  using Reach = upstream::Want::Reach;
  bool whole = asked_ == Asked::whole || (asked_ == Asked::open && range_.begin == 0);
  bool guarded = HoldBack(asked_, range_, file_.size).guarded();
  request.want = {range_, whole ? Reach::whole : guarded ? Reach::verified : Reach::range};
  request.source = *file_.source;
  request.grant = file_.grant;
  membership_ = context_.services.fetches.join(std::move(request), context_.loop, *this);
}

void FileExchange::on_joined(std::shared_ptr<const upstream::FetchProgress> progress, bool started) {
  if (progress->size() != file_.size) {
    membership_.reset();
    return answer_wrong_size(progress->size());
  }
  progress_ = std::move(progress);
  outcome_ = started                                                ? Outcome::miss
             : progress_->state() == upstream::FetchState::verified ? Outcome::hit
                                                                    : Outcome::collapsed;
  responder_.record().outcome = outcome_;
  fresh_from_ = started ? progress_->readable_from(range_.begin) : file_.size;
  on_progress();
}

void FileExchange::on_progress() {
  auto state = progress_->state();
  auto readable = progress_->readable_from(sender_ ? sender_->position() : range_.begin);
  if (!sender_) {
    if (state == upstream::FetchState::failed) {
      auto failure = progress_->failure();
      return answer_error(responder_, failure.status, failure.message);
    }
    // The head goes out with the first byte: until then a fault can still be told.
    bool first_byte = readable > range_.begin || (range_.empty() && state == upstream::FetchState::verified);
    if (!first_byte) return;
    begin_body(progress_->file());
  }
  if (state == upstream::FetchState::failed) return responder_.abort();
  sender_->set_progress(readable, state == upstream::FetchState::verified);
  sender_->pump();
}

void FileExchange::begin_body(std::shared_ptr<const cas::BlobFile> file) {
  send_head(partial_ ? 206 : 200, outcome_, range_.size());
  sender_ = std::make_unique<BlobSender>(context_, responder_, std::move(file), range_,
                                         HoldBack(asked_, range_, file_.size), fresh_from_);
}

void FileExchange::on_writable() {
  if (sender_) sender_->pump();
}

}  // namespace weir::proxy
