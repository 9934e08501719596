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
    if (auto encoding = unasked_encoding(head)) return refuse(*encoding);
    auto git_id = hub::git_id_in_etag(head.fields.get("ETag"));
    bool whole = head.status == 200 && length && !head.fields.has("Content-Encoding");
    if (!whole || !git_id || !brings_all(*length, *git_id)) return nullptr;
    file_.emplace();
    file_->size = *length;
    file_->git_id = *git_id;
    file_->fields = hub::kept_fields(head.fields);
    hasher_ = hub::git_blob_hasher(*length);
    deposit_ = std::make_shared<SmallFileDeposit>(context_.services, hub::NamedRegularFile{request_.name, *file_},
                                                  request_.file, std::move(turn));
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
    if (received_ != file_->size || hasher_.finish() != file_->git_id) {
      ++context_.services.counters.wrong_small_files;
      log::error("{}{}: the bytes that came do not have the git id that the hub named; the answer is broken off",
                 request_.name.host, request_.name.path);
      return std::nullopt;
    }
    deposit_->finish();
    return std::string_view(&last_, received_ > 0 ? 1 : 0);
  }

 private:
  // The bytes of another coding could not be verified, and not every client would undo it.
  static std::optional<std::string> unasked_encoding(const http::ResponseHead& head) {
    auto encoding = head.fields.get("Content-Encoding");
    bool plain = encoding.empty() || http::equals_ignoring_case(encoding, "identity");
    return plain || head.status / 100 != 2 ? std::nullopt : std::optional(std::string(encoding));
  }

  std::unique_ptr<Exchange> refuse(const std::string& encoding) {
    auto message = request_.name.host + " did not give the file: it is encoded (" + encoding +
                   ") although that was not asked for.";
    log::warning("{}{}: {}", request_.name.host, request_.name.path, message);
    return std::make_unique<ErrorExchange>(responder_, 502, std::move(message));
  }

  // Clients ask for no body of an empty file: the head is all there is.
  bool brings_all(uint64_t length, const Sha1& git_id) const {
    bool is_empty = length == 0 && git_id == hub::git_blob_hasher(0).finish();
    return request_.client.head.method == "GET" || is_empty;
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
