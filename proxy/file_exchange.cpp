// SPDX-License-Identifier: Apache-2.0
#include "proxy/file_exchange.h"

#include <string>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "http/conditional.h"
#include "http/multipart_ranges.h"
#include "proxy/error_answer.h"
#include "proxy/multipart_exchange.h"

namespace weir::proxy {
namespace {

bool is_empty_file(const FileRequest& file) {
  return file.size == 0 && file.digest == sha256("");
}

}  // namespace

FileExchange::FileExchange(WorkerContext& context, Responder& responder, FileRequest file)
    : context_(context), responder_(responder), file_(std::move(file)), range_{0, file_.size} {}

void FileExchange::start() {
  auto& record = responder_.record();
  record.digest = file_.digest;
  outcome_ = context_.services.store.has(file_.digest) ? Outcome::hit : Outcome::pass;
  if (!judge_conditions()) return;
  if (file_.head_only) return answer_without_body(200, file_.size);
  if (!judge_range()) return;
  if (is_empty_file(file_)) return answer_without_body(200, 0);
  send_body();
}

// False when that was the answer.
bool FileExchange::judge_conditions() {
  auto met = http::judge_preconditions(file_.request, http::validators_of(file_.answer));
  if (met == http::Precondition::not_modified) answer_without_body(304, std::nullopt);
  if (met == http::Precondition::failed)
    answer_error_with(412, "The file is not the one that If-Match or If-Unmodified-Since names.");
  return met == http::Precondition::met;
}

// False when the range is answered otherwise: with an error, or by another exchange.
bool FileExchange::judge_range() {
  using Kind = http::RangeVerdict::Kind;
  if (!http::if_range_allows(file_.request, http::validators_of(file_.answer))) return true;
  auto verdict = http::judge_ranges(http::parse_range(file_.request.get("Range")), file_.size);
  if (verdict.kind == Kind::whole) return true;
  if (verdict.kind == Kind::parts) return !hand_over_parts(std::move(verdict.ranges));
  if (verdict.kind == Kind::unsatisfiable) {
    refuse_range();
    return false;
  }
  partial_ = true;
  range_ = verdict.ranges.front().range;
  asked_ = asked_by(verdict.ranges.front());
  return !refuses_resumption(verdict.ranges.front().kind);
}

void FileExchange::refuse_range() {
  file_.answer.set("Content-Range", http::unsatisfied_range(file_.size));
  answer_error_with(416,
                    "The file has " + std::to_string(file_.size) + " bytes; what Range asks for is beyond its end.");
}

// False when the parts with their heads take more than twice the file: that is better sent as a whole.
bool FileExchange::hand_over_parts(std::vector<http::AnsweredRange> ranges) {
  http::MultipartRanges body(std::move(ranges), file_.size, file_.answer.get("Content-Type"), random_bytes(16));
  if (body.length() / 2 > file_.size) return false;
  responder_.hand_over(std::make_unique<MultipartExchange>(context_, responder_, std::move(file_), std::move(body)));
  return true;
}

// A client that resumes a download may hold bytes that turned out wrong, and would append right ones to them.  Who asks
// for the last few bytes without saying where they begin resumes nothing.
bool FileExchange::refuses_resumption(http::RangeSpec::Kind asked) {
  if (range_.begin == 0 || range_.end != file_.size) return false;
  if (asked == http::RangeSpec::Kind::suffix && range_.size() <= kLook) return false;
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
  auto head = file_head(context_.services, file_, status, outcome);
  if (status == 206) head.fields.set("Content-Range", http::content_range(range_, file_.size));
  responder_.send_head(std::move(head), length);
}

// --- the body

void FileExchange::send_body() {
  auto held = file_.held ? file_.held : open_held(context_.services, file_.digest);
  if (!held && !file_.source) return give_up(not_held());
  RangeSender::Events events;
  events.on_prepared = [this] {
    responder_.record().outcome = sender_->outcome();
    sender_->send();
  };
  // The head goes out with the first byte: until then a fault can still be told.
  events.on_first_byte = [this] { send_head(partial_ ? 206 : 200, sender_->outcome(), range_.size()); };
  events.on_sent = [this] { responder_.finish(); };
  events.on_failed = [this](const upstream::FetchFailure& failure) { give_up(failure); };
  sender_ = std::make_unique<RangeSender>(context_, responder_, file_, range_, asked_, std::move(events));
  sender_->prepare(held.get());
}

void FileExchange::give_up(const upstream::FetchFailure& failure) {
  if (responder_.head_sent()) return responder_.abort();
  answer_error(responder_, failure.status, failure.message, failure.retry_after);
}

void FileExchange::on_writable() {
  if (sender_) sender_->pump();
}

}  // namespace weir::proxy
