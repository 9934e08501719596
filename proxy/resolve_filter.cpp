// SPDX-License-Identifier: Apache-2.0
#include "proxy/resolve_filter.h"

#include <utility>

#include "base/log.h"
#include "hub/file_answer.h"
#include "hub/grant.h"
#include "hub/moved_repo.h"
#include "hub/regular_file.h"
#include "hub/resolve_answer.h"
#include "hub/resolve_head.h"
#include "hub/xet.h"
#include "proxy/file_exchange.h"
#include "proxy/learning.h"
#include "proxy/recalled_listing.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

class ResolveFilter : public AnswerFilter {
 public:
  ResolveFilter(WorkerContext& context, Responder& responder, ResolveQuestion question, RecalledFile recalled,
                std::unique_ptr<QuestionQueue::Turn> turn)
      : context_(context),
        responder_(responder),
        question_(std::move(question)),
        recalled_(std::move(recalled)),
        turn_(std::move(turn)) {}

  std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>&) override {
    auto& policy = context_.settings->policy;
    auto answer =
        hub::judge_resolve_answer(head, question_.request.url(), [&](auto host) { return policy.intercepts(host); });
    hub::SharedGrant grant;
    if (answer.file) grant = learn(*answer.file, head);
    remember(answer, head);
    // What needs the client's credentials at its place is the client's to ask for.
    if (answer.file && context_.services.roles.of(answer.file->location.host) != hub::Role::cdn)
      answer.verdict = hub::ResolveVerdict::elsewhere;
    bool strips = context_.settings->options.xet == XetMode::strip;
    switch (answer.verdict) {
      case hub::ResolveVerdict::file:
        return strips ? answer_file(*answer.file, head, std::move(grant)) : nullptr;
      case hub::ResolveVerdict::too_large:
        note(PassedBy::too_large, "it is above the size that clients take over plain HTTP");
        return nullptr;
      case hub::ResolveVerdict::elsewhere:
        note(PassedBy::elsewhere, "the hub sends the client to a host that is not intercepted");
        break;
      default:
        break;
    }
    if (strips) hub::strip_xet(head.fields);
    return nullptr;
  }

  bool has_memory() override {
    auto& memory = context_.services.memory;
    moved_ = hub::answer_offline(question_.terms(memory), recalled_.moved, memory.access(), wall_now());
    if (moved_) return true;
    return can_answer(context_.services, question_.request, recalled_) &&
           memory.access().holds_offline(question_.asker, question_.repo(), recalled_.right(), wall_now());
  }

  std::unique_ptr<Exchange> answer_without_hub() override {
    if (moved_) return answer_listing(context_, responder_, question_.request, moved_, Basis::offline);
    return answer_recalled(context_, responder_, std::move(question_.request), recalled_, Basis::offline);
  }

 private:
  hub::SharedGrant learn(const hub::FileRedirect& redirect, const http::ResponseHead& head) {
    auto grant = hub::make_grant(question_.request.head.fields, hub::ResolveRequest{question_.request.url().text()});
    hub::BlobId blob{redirect.digest, redirect.size};
    learn_location(context_.services, redirect.location, blob, SizeBy::hub, grant);
    context_.services.catalog.learn(
        hub::NamedFile{question_.file, std::string(head.fields.get("X-Repo-Commit")), blob});
    return grant;
  }

  void remember(const hub::ResolveAnswer& answer, const http::ResponseHead& head) {
    auto& memory = context_.services.memory;
    auto told = hub::told_of_file(answer, head);
    if (told.permits) memory.permit(question_.asker, question_.repo(), *told.permits);
    if (told.withdraws) memory.withdraw(question_.asker, question_.repo(), *told.withdraws);
    if (!question_.is_plain) return;
    if (auto moved = hub::moved_answer("GET", question_.request.url(), head, wall_now()))
      memory.metadata().learn_answer(question_.name(), std::move(*moved));
    if (told.commit.empty()) return;
    if (!hub::is_commit(question_.file.revision))
      memory.metadata().learn_revision(question_.repo(), question_.file.revision, {told.commit, wall_now()});
    if (told.head)
      memory.metadata().learn_file({question_.repo(), told.commit, question_.file.path}, std::move(*told.head));
  }

  std::unique_ptr<Exchange> answer_file(const hub::FileRedirect& redirect, const http::ResponseHead& head,
                                        hub::SharedGrant grant) {
    FileRequest file;
    file.digest = redirect.digest;
    file.size = redirect.size;
    file.answer = hub::file_fields(head.fields, redirect.digest);
    file.request = std::move(question_.request.head.fields);
    file.head_only = question_.request.head.method == "HEAD";
    file.source = redirect.location;
    file.grant = std::move(grant);
    return std::make_unique<FileExchange>(context_, responder_, std::move(file));
  }

  void note(PassedBy reason, std::string_view why) {
    ++context_.services.counters.passed_by[static_cast<size_t>(reason)];
    log::info("{} {} passes by the store: {}", question_.file.repo, question_.file.path, why);
  }

  WorkerContext& context_;
  Responder& responder_;
  ResolveQuestion question_;
  RecalledFile recalled_;
  std::unique_ptr<QuestionQueue::Turn> turn_;
  std::shared_ptr<const hub::Answer> moved_;  // what has_memory() found
};

}  // namespace

std::string ResolveQuestion::key(hub::Right right) const {
  auto who = asker.credentials ? asker.credentials->hex() : std::string();
  return who + '\n' + std::to_string(static_cast<int>(right)) + '\n' +
         hub::RepoFile{file.type, file.repo, file.revision, ""}.key();
}

hub::AnswerName ResolveQuestion::name() const {
  return {asker, "GET", request.host, request.head.target, "", {}};
}

hub::ListingTerms ResolveQuestion::terms(hub::HubMemory& memory) const {
  return {asker, hub::ListingTerms::Validity::revision_ttl, memory.metadata().options().revision_ttl};
}

std::unique_ptr<Exchange> ask_hub(WorkerContext& context, Responder& responder, ResolveQuestion question,
                                  RecalledFile recalled, std::unique_ptr<QuestionQueue::Turn> turn) {
  auto out = make_origin_request(question.request, context.services.pseudonym);
  // Weir judges these itself: a URL that the hub signs for a Range may serve no other, and the file's ETag is not the
  // redirect's.
  for (auto name : kJudgedByWeir) out.fields.remove(name);
  out.fields.set("Accept-Encoding", "identity");
  if (context.settings->options.xet == XetMode::strip) hub::strip_xet_accept(out.fields);
  auto filter =
      std::make_unique<ResolveFilter>(context, responder, std::move(question), std::move(recalled), std::move(turn));
  return std::make_unique<RelayExchange>(context, responder, std::move(out), std::move(filter), Persistence::patient);
}

}  // namespace weir::proxy
