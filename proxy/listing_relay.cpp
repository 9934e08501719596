// SPDX-License-Identifier: Apache-2.0
#include "proxy/listing_relay.h"

#include <optional>
#include <string>
#include <utility>

#include "base/log.h"
#include "http/text.h"
#include "hub/catalog.h"
#include "hub/file_answer.h"
#include "hub/listing_filter.h"
#include "hub/moved_repo.h"
#include "hub/xet.h"
#include "proxy/error_answer.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

class ListingRelay : public AnswerFilter {
 public:
  ListingRelay(WorkerContext& context, Responder& responder, ListingQuestion question, ListingUse use,
               hub::KeptAnswers kept, std::unique_ptr<QuestionQueue::Turn> turn)
      : context_(context),
        responder_(responder),
        question_(std::move(question)),
        use_(use),
        kept_(std::move(kept)),
        turn_(std::move(turn)) {}

  std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>& length) override {
    hub::strip_xet(head.fields);
    if (auto withdrawn = hub::withdrawn_by(head)) memory().withdraw(question_.asker(), question_.repo(), *withdrawn);
    if (head.status == 304 && asked_about()) return answer_renewed();
    learn_moved(head);
    if (head.status != 200) return nullptr;
    auto type = head.fields.get("Content-Type");
    if (type.find("html") != std::string_view::npos) return refuse(type);
    active_ = type.find("json") != std::string_view::npos && !head.fields.has("Content-Encoding");
    if (!active_) return nullptr;
    commit_ = head.fields.get("X-Repo-Commit");
    memory().permit(question_.asker(), question_.repo(), hub::Right::metadata);
    begin_answer(head.fields, length);
    hub::mark_edited(head.fields);
    length.reset();
    return nullptr;
  }

  std::string_view on_data(std::string_view bytes) override {
    if (!active_) return bytes;
    out_.clear();
    filter_.feed(bytes, out_);
    collect(out_);
    return out_;
  }

  std::optional<std::string_view> on_end() override {
    if (!active_) return "";
    out_.clear();
    filter_.finish(out_);
    collect(out_);
    if (!filter_.complete()) {
      log::warning("{}: the JSON that {} sent is cut short or damaged; it is not kept", question_.request.head.target,
                   question_.request.host);
      return out_;
    }
    learn_revision(hub::is_commit(commit_) ? commit_ : filter_.commit());
    if (answer_) memory().metadata().learn_answer(question_.name, std::move(*answer_));
    answer_.reset();
    return out_;
  }

  bool has_memory() override {
    if (use_ == ListingUse::remembered)
      stand_in_ = hub::answer_offline(terms_of(question_, memory()), kept_, memory().access(), wall_now());
    return stand_in_ != nullptr;
  }

  std::unique_ptr<Exchange> answer_without_hub() override {
    return answer_listing(context_, responder_, question_.request, stand_in_, Basis::offline);
  }

  // The answer that the hub is asked about: whether it holds still.
  std::shared_ptr<const hub::Answer> asked_about() const {
    auto newest = use_ == ListingUse::remembered ? kept_.newest() : nullptr;
    return newest && newest->fields.has("ETag") ? newest : nullptr;
  }

 private:
  hub::HubMemory& memory() { return context_.services.memory; }

  std::unique_ptr<Exchange> answer_renewed() {
    auto answer = *asked_about();
    answer.asked = wall_now();
    memory().permit(question_.asker(), question_.repo(), hub::Right::metadata);
    learn_revision(hub::commit_in(answer));
    auto renewed = std::make_shared<const hub::Answer>(answer);
    memory().metadata().learn_answer(question_.name, std::move(answer));
    return answer_listing(context_, responder_, question_.request, renewed, Basis::hub);
  }

  void learn_moved(const http::ResponseHead& head) {
    if (use_ != ListingUse::remembered) return;
    const auto& request = question_.request;
    if (auto moved = hub::moved_answer(request.head.method, request.url(), head, wall_now()))
      memory().metadata().learn_answer(question_.name, std::move(*moved));
  }

  // A page of a portal or of an error: a client would take it for a broken listing.
  std::unique_ptr<Exchange> refuse(std::string_view type) {
    auto message = question_.request.host + " answered with " + std::string(type) +
                   " where JSON is due; ask again, and look whether something stands between Weir and it.";
    log::warning("{}: {}", question_.request.head.target, message);
    return std::make_unique<ErrorExchange>(responder_, 502, std::move(message));
  }

  void begin_answer(const http::Fields& ok, std::optional<uint64_t> length) {
    bool has_body = question_.request.head.method != "HEAD";
    if (use_ != ListingUse::remembered || !has_body || !hub::is_kept_listing(ok)) return;
    if (length.value_or(0) > memory().metadata().options().max_answer) return;
    answer_ = hub::Answer{question_.repo(), hub::kept_listing_fields(ok), "", wall_now()};
  }

  void collect(std::string_view edited) {
    if (!answer_) return;
    answer_->body += edited;
    if (answer_->body.size() > memory().metadata().options().max_answer) answer_.reset();
  }

  void learn_revision(const std::string& commit) {
    const auto& about = question_.about;
    if (about.revision.empty() || !hub::is_commit(commit)) return;
    auto name = http::lower_case(commit);
    context_.services.catalog.learn(hub::NamedRevision{about.type, about.repo, about.revision, name});
    if (!hub::is_commit(about.revision))
      memory().metadata().learn_revision(question_.repo(), about.revision, {name, wall_now()});
  }

  WorkerContext& context_;
  Responder& responder_;
  ListingQuestion question_;
  const ListingUse use_;
  const hub::KeptAnswers kept_;
  std::unique_ptr<QuestionQueue::Turn> turn_;
  std::shared_ptr<const hub::Answer> stand_in_;  // what has_memory() found
  bool active_ = false;                          // the body is edited
  std::string commit_;                           // that the head names
  hub::ListingFilter filter_;
  std::string out_;
  std::optional<hub::Answer> answer_;  // that is coming in and is to be remembered
};

}  // namespace

std::unique_ptr<Exchange> ask_for_listing(WorkerContext& context, Responder& responder, ListingQuestion question,
                                          ListingUse use, hub::KeptAnswers kept,
                                          std::unique_ptr<QuestionQueue::Turn> turn) {
  auto out = make_origin_request(question.request, context.services.pseudonym);
  // A coded body, or a part of one, cannot be read; the client's ETag is that of the edited body.
  out.fields.set("Accept-Encoding", "identity");
  for (auto name : {"Range", "If-Range", "If-None-Match", "If-Modified-Since"}) out.fields.remove(name);
  auto body = std::move(question.body);
  auto filter =
      std::make_unique<ListingRelay>(context, responder, std::move(question), use, std::move(kept), std::move(turn));
  if (auto answer = filter->asked_about()) out.fields.set("If-None-Match", answer->fields.get("ETag"));
  bool posts = out.body != upstream::RequestBody::none;
  auto relay = std::make_unique<RelayExchange>(context, responder, std::move(out), std::move(filter));
  if (posts && use == ListingUse::remembered) relay->set_body(std::move(body));
  return relay;
}

}  // namespace weir::proxy
