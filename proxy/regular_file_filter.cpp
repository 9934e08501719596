// SPDX-License-Identifier: Apache-2.0
#include "proxy/regular_file_filter.h"

#include <utility>

#include "base/log.h"
#include "http/text.h"
#include "hub/catalog.h"
#include "hub/file_answer.h"
#include "hub/regular_file.h"
#include "proxy/error_answer.h"
#include "proxy/file_exchange.h"
#include "proxy/relay_exchange.h"
#include "proxy/small_file_deposit.h"

namespace weir::proxy {
namespace {

// As much is kept of a file whose size is known at its end only; the hub has no larger regular files.
constexpr size_t kUnmeasured = 16 << 20;

class RegularFileFilter : public AnswerFilter {
 public:
  RegularFileFilter(WorkerContext& context, Responder& responder, RegularFileRequest request,
                    std::unique_ptr<QuestionQueue::Turn> turn)
      : context_(context), responder_(responder), request_(std::move(request)), turn_(std::move(turn)) {}

  std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>& length) override {
    auto turn = std::move(turn_);
    learn_right(head);
    if (head.status == 304 && request_.held) confirm(head);
    if (head.status == 304 && request_.held)
      return answer_held(context_, responder_, std::move(request_), head.fields, Basis::hub);
    if (auto encoding = unasked_encoding(head))
      return refuse("it is encoded (" + *encoding + ") although that was not asked for");
    if (contradicts_itself(head, length)) return refuse("its range and its length contradict each other");
    auto git_id = hub::git_id_in_etag(head.fields.get("ETag"));
    bool whole = head.status == 200 && !head.fields.has("Content-Encoding");
    if (!whole || !git_id || !brings_all(length, *git_id)) return nullptr;
    file_.emplace();
    file_->git_id = *git_id;
    file_->fields = hub::kept_fields(head.fields);
    turn_ = std::move(turn);
    if (length) begin(*length);
    return nullptr;
  }

  bool delays_head() const override { return file_.has_value(); }

  bool has_memory() override {
    return request_.held && hub::was_confirmed(*request_.held) &&
           context_.services.memory.access().holds_offline(request_.asker, request_.repo(), hub::Right::regular_files,
                                                           wall_now());
  }

  std::unique_ptr<Exchange> answer_without_hub() override {
    return answer_held(context_, responder_, std::move(request_), {}, Basis::offline);
  }

  std::string_view on_data(std::string_view data) override {
    if (!file_ || data.empty()) return data;
    if (!deposit_) return on_unmeasured(data);
    hasher_.update(data);
    deposit_->add(data);
    received_ += data.size();
    if (received_ < file_->size) return data;
    // The last byte waits for the verdict on the whole, which falls when the answer has ended.
    last_ = data.back();
    return data.substr(0, data.size() - 1);
  }

  std::optional<std::string_view> on_end() override {
    if (!file_) return "";
    if (!deposit_) measure();
    if (received_ != file_->size || hasher_.finish() != file_->git_id) {
      ++context_.services.counters.wrong_small_files;
      log::error("{}{}: the bytes that came do not have the git id that the hub named; the answer is broken off",
                 request_.name.host, request_.name.path);
      return std::nullopt;
    }
    deposit_->finish();
    if (!unmeasured_.empty()) return unreleased();
    return std::string_view(&last_, received_ > 0 ? 1 : 0);
  }

 private:
  // The bytes of another coding could not be verified, and not every client would undo it.
  static std::optional<std::string> unasked_encoding(const http::ResponseHead& head) {
    auto encoding = head.fields.get("Content-Encoding");
    bool plain = encoding.empty() || http::equals_ignoring_case(encoding, "identity");
    return plain || head.status / 100 != 2 ? std::nullopt : std::optional(std::string(encoding));
  }

  static bool contradicts_itself(const http::ResponseHead& head, const std::optional<uint64_t>& length) {
    auto said = http::parse_content_range(head.fields.get("Content-Range"));
    return head.status == 206 && length && said && said->range.size() != *length;
  }

  std::unique_ptr<Exchange> refuse(const std::string& why) {
    auto message = request_.name.host + " did not give the file: " + why + ".";
    log::warning("{}{}: {}", request_.name.host, request_.name.path, message);
    return std::make_unique<ErrorExchange>(responder_, 502, std::move(message));
  }

  // Clients ask for no body of an empty file: the head is all there is.
  bool brings_all(const std::optional<uint64_t>& length, const Sha1& git_id) const {
    bool is_empty = length == 0U && git_id == hub::git_blob_hasher(0).finish();
    return request_.client.head.method == "GET" || is_empty;
  }

  void begin(uint64_t size) {
    file_->size = size;
    hasher_ = hub::git_blob_hasher(size);
    deposit_ = std::make_shared<SmallFileDeposit>(context_.services, hub::NamedRegularFile{request_.name, *file_},
                                                  request_.file, std::move(turn_));
  }

  // What is hashed for a git blob id begins with the size, so all is kept until it is known, and the last byte waits.
  // One too large for that goes on unverified.
  std::string_view on_unmeasured(std::string_view data) {
    unmeasured_.append(data);
    bool too_large = unmeasured_.size() > kUnmeasured;
    auto more = unreleased();
    if (!too_large) more.remove_suffix(1);
    released_ += more.size();
    if (too_large) give_up();
    return more;
  }

  std::string_view unreleased() const { return std::string_view(unmeasured_).substr(released_); }

  void give_up() {
    file_.reset();
    turn_.reset();
  }

  void measure() {
    begin(unmeasured_.size());
    hasher_.update(unmeasured_);
    deposit_->add(unmeasured_);
    received_ = unmeasured_.size();
  }

  void confirm(const http::ResponseHead& head) {
    if (hub::was_confirmed(*request_.held)) return;
    request_.held->fields = hub::kept_fields(head.fields);
    request_.held->fields.remove("Content-Type");  // it would be that of an empty body
    context_.services.catalog.learn(hub::NamedRegularFile{request_.name, *request_.held});
  }

  void learn_right(const http::ResponseHead& head) {
    auto& memory = context_.services.memory;
    bool permits = head.status == 200 || head.status == 206 || head.status == 304;
    if (permits) memory.permit(request_.asker, request_.repo(), hub::Right::regular_files);
    if (auto withdrawn = hub::withdrawn_by(head)) memory.withdraw(request_.asker, request_.repo(), *withdrawn);
  }

  WorkerContext& context_;
  Responder& responder_;
  RegularFileRequest request_;
  std::unique_ptr<QuestionQueue::Turn> turn_;  // until the head tells who needs it
  std::optional<hub::RegularFile> file_;       // that is coming in
  std::shared_ptr<SmallFileDeposit> deposit_;
  std::string unmeasured_;  // all that came of an answer without Content-Length
  size_t released_ = 0;     // how many of these went on
  uint64_t received_ = 0;
  char last_ = 0;
  Sha1Hasher hasher_;
};

}  // namespace

std::unique_ptr<Exchange> answer_held(WorkerContext& context, Responder& responder, RegularFileRequest request,
                                      const http::Fields& fields, Basis basis) {
  FileRequest file;
  file.digest = request.held->digest;
  file.size = request.held->size;
  file.answer = hub::regular_file_fields(*request.held, fields);
  file.request = std::move(request.client.head.fields);
  file.head_only = request.client.head.method == "HEAD";
  file.held = std::move(request.blob);
  file.basis = basis;
  return std::make_unique<FileExchange>(context, responder, std::move(file));
}

std::unique_ptr<Exchange> ask_hub(WorkerContext& context, Responder& responder, RegularFileRequest request,
                                  std::unique_ptr<QuestionQueue::Turn> turn) {
  auto out = make_origin_request(request.client, context.services.pseudonym);
  out.fields.set("Accept-Encoding", "identity");
  if (request.held) {
    for (auto name : kJudgedByWeir) out.fields.remove(name);
    out.fields.set("If-None-Match", hub::git_etag(request.held->git_id));
  }
  auto filter = std::make_unique<RegularFileFilter>(context, responder, std::move(request), std::move(turn));
  return std::make_unique<RelayExchange>(context, responder, std::move(out), std::move(filter), Persistence::patient);
}

}  // namespace weir::proxy
