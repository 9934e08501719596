// SPDX-License-Identifier: Apache-2.0
// What is remembered of the file that a request asks for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "cas/blob.h"
#include "hub/hub_memory.h"
#include "hub/listing_answer.h"
#include "hub/repo_file.h"
#include "proxy/exchange.h"
#include "proxy/file_request.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"

namespace weir::proxy {

struct RecalledFile {
  std::string commit;             // what the revision is, or was; "" when that is not known
  std::optional<WallTime> asked;  // when the hub said so; nothing when the request names the commit itself
  std::shared_ptr<const hub::FileHead> head;
  std::shared_ptr<const cas::Blob> blob;  // once can_answer() has opened it
  hub::KeptAnswers moved;                 // without a head: that the repository has got another name

  // Whether the head is that of the commit which the revision still is, as far as `ttl` allows to say so.
  bool is_current(WallTime now, Duration ttl) const;
  // What a client needs for it.
  hub::Right right() const;
};

// Whether the answer to this request depends on nothing but the file and the permission.
bool is_plain_question(const ClientRequest& request);

// From memory alone; it may know less than recall().  `name` is that of the request for the file.
RecalledFile peek(hub::HubMemory& memory, const hub::RepoFile& file, const hub::AnswerName& name);
// Blocking.
RecalledFile recall(hub::HubMemory& memory, const hub::RepoFile& file, const hub::AnswerName& name);

// Whether all that the answer takes is here; opens the blob that it takes.
bool can_answer(Services& services, const ClientRequest& request, RecalledFile& recalled);
// Answers from memory and store.  The caller has seen to the permission, and that can_answer().
std::unique_ptr<Exchange> answer_recalled(WorkerContext& context, Responder& responder, ClientRequest request,
                                          const RecalledFile& recalled, Basis basis);

}  // namespace weir::proxy
