// SPDX-License-Identifier: Apache-2.0
// Asks the hub for a regular file (README.md, config.json) and judges the answer.
#pragma once

#include <memory>
#include <optional>

#include "hub/asker.h"
#include "hub/regular_file.h"
#include "proxy/exchange.h"
#include "proxy/file_request.h"
#include "proxy/origin_request.h"
#include "proxy/question_queue.h"
#include "proxy/services.h"

namespace weir::proxy {

// A client's request for a regular file, and what is known of the file.
struct RegularFileRequest {
  ClientRequest client;
  hub::ObjectName name;
  hub::RepoFile file;
  hub::Asker asker;
  std::optional<hub::RegularFile> held;
  std::shared_ptr<const cas::Blob> blob;  // of what is held

  hub::RepoName repo() const { return {file.type, file.repo}; }
};

// From the store, under the fields of the hub's answer, if it gave one.
std::unique_ptr<Exchange> answer_held(WorkerContext& context, Responder& responder, RegularFileRequest request,
                                      const http::Fields& fields, Basis basis);

// With the client's own credentials, whether the held copy is the file still, to answer from the store if it is (304 is
// the permission).  Else relays the file and stores it once its git blob id is verified.  The turn, if any, ends when
// the file is stored, or as soon as it is certain that it will not be.
std::unique_ptr<Exchange> ask_hub(WorkerContext& context, Responder& responder, RegularFileRequest request,
                                  std::unique_ptr<QuestionQueue::Turn> turn);

}  // namespace weir::proxy
