// SPDX-License-Identifier: Apache-2.0
// Asks the hub for a file by its name and judges the answer.  A redirect that names a sha256 is the permission, and
// Weir answers; all else goes to the client as the hub said it.  What the hub says is remembered, and stands in for it
// while it cannot be asked.
#pragma once

#include <memory>
#include <string>

#include "hub/asker.h"
#include "hub/hub_memory.h"
#include "hub/listing_answer.h"
#include "hub/repo_name.h"
#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/question_queue.h"
#include "proxy/recalled_file.h"
#include "proxy/services.h"

namespace weir::proxy {

struct ResolveQuestion {
  ClientRequest request;
  hub::RepoFile file;
  hub::Asker asker;
  bool is_plain = true;  // is_plain_question()

  hub::RepoName repo() const { return {file.type, file.repo}; }
  // The same for all requests that the hub's answer to one of them settles.
  std::string key(hub::Right right) const;
  // Under which the hub's answer is kept when it says that the repository has another name.
  hub::AnswerName name() const;
  hub::ListingTerms terms(hub::HubMemory& memory) const;
};

// `recalled` is what stands in for the hub's answer.  The turn, if any, ends with the exchange.
std::unique_ptr<Exchange> ask_hub(WorkerContext& context, Responder& responder, ResolveQuestion question,
                                  RecalledFile recalled, std::unique_ptr<QuestionQueue::Turn> turn);

}  // namespace weir::proxy
