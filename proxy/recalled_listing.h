// SPDX-License-Identifier: Apache-2.0
// A client's request for a listing, and what is remembered of the hub's answers to it.
#pragma once

#include <memory>
#include <string>

#include "hub/hub_memory.h"
#include "hub/listing_answer.h"
#include "hub/repo_file.h"
#include "proxy/exchange.h"
#include "proxy/file_request.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

struct ListingQuestion {
  ClientRequest request;
  hub::RepoFile about;   // what the route names
  hub::AnswerName name;  // its audience always, the rest once the body is there
  std::string body;      // of a POST

  const hub::Asker& asker() const { return name.audience; }
  hub::RepoName repo() const { return {about.type, about.repo}; }
  // The same for all requests that the hub's answer to one of them settles.
  std::string key() const;
};

hub::ListingTerms terms_of(const ListingQuestion& question, hub::HubMemory& memory);

// From memory alone; it may find less than recall_listing().
hub::KeptAnswers peek_listing(hub::Metadata& metadata, const hub::AnswerName& name);
// Blocking.
hub::KeptAnswers recall_listing(hub::Metadata& metadata, const hub::AnswerName& name);

// Answers the client with what is remembered, or with 304 when it has that.  The caller has seen to the permission.
std::unique_ptr<Exchange> answer_listing(WorkerContext& context, Responder& responder, const ClientRequest& request,
                                         const std::shared_ptr<const hub::Answer>& answer, Basis basis);

}  // namespace weir::proxy
