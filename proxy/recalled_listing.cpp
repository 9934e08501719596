// SPDX-License-Identifier: Apache-2.0
#include "proxy/recalled_listing.h"

#include <utility>

#include "http/conditional.h"
#include "hub/moved_repo.h"
#include "proxy/remembered_answer.h"

namespace weir::proxy {
namespace {

// `find` looks an answer up, in memory or on the disk.
template <typename Find>
hub::KeptAnswers look_up(const hub::AnswerName& name, Find find) {
  hub::KeptAnswers kept{find(name), nullptr};
  if (name.audience.anonymous()) return kept;
  auto open = name;
  open.audience = {};
  kept.open = find(open);
  return kept;
}

}  // namespace

std::string ListingQuestion::key() const {
  auto who = name.audience.credentials ? name.audience.credentials->hex() : std::string();
  std::string key = "listing";
  for (const auto& part : {who, name.method, name.host, name.target, name.variant, name.body.hex()}) key += '\n' + part;
  return key;
}

hub::ListingTerms terms_of(const ListingQuestion& question, hub::HubMemory& memory) {
  using Validity = hub::ListingTerms::Validity;
  auto validity = hub::is_commit(question.about.revision) ? Validity::for_ever : Validity::revision_ttl;
  return {question.asker(), validity, memory.metadata().options().revision_ttl};
}

hub::KeptAnswers peek_listing(hub::Metadata& metadata, const hub::AnswerName& name) {
  return look_up(name, [&](const auto& each) { return metadata.peek_answer(each); });
}

hub::KeptAnswers recall_listing(hub::Metadata& metadata, const hub::AnswerName& name) {
  return look_up(name, [&](const auto& each) { return metadata.find_answer(each); });
}

std::unique_ptr<Exchange> answer_listing(WorkerContext& context, Responder& responder, const ClientRequest& request,
                                         const std::shared_ptr<const hub::Answer>& answer, Basis basis) {
  RememberedAnswer out;
  out.fields = answer->fields;
  hub::mark_edited(out.fields);
  bool moved = hub::is_moved(*answer);
  bool is_read = request.head.method != "POST";
  auto met = http::judge_preconditions(request.head.fields, http::validators_of(out.fields));
  bool has_it = is_read && !moved && met == http::Precondition::not_modified;
  if (has_it) out.status = 304;
  if (moved) out.status = 307;
  out.body = std::shared_ptr<const std::string>(answer, &answer->body);
  out.head_only = has_it || request.head.method == "HEAD";
  out.basis = basis;
  return std::make_unique<RememberedExchange>(context.services, responder, std::move(out));
}

}  // namespace weir::proxy
