// SPDX-License-Identifier: Apache-2.0
#include "proxy/recalled_file.h"

#include <utility>

#include "http/target.h"
#include "http/text.h"
#include "proxy/file_exchange.h"
#include "proxy/recalled_listing.h"
#include "proxy/remembered_answer.h"

namespace weir::proxy {
namespace {

hub::RepoName repo_of(const hub::RepoFile& file) {
  return {file.type, file.repo};
}

// `revision` and `head` look something up, in memory or on the disk.
template <typename FindRevision, typename FindHead>
RecalledFile look_up(const hub::RepoFile& file, FindRevision revision, FindHead head) {
  RecalledFile recalled;
  if (hub::is_commit(file.revision)) {
    recalled.commit = http::lower_case(file.revision);
  } else if (auto known = revision(repo_of(file), file.revision)) {
    recalled.commit = known->commit;
    recalled.asked = known->asked;
  } else {
    return recalled;
  }
  recalled.head = head(hub::CommitFile{repo_of(file), recalled.commit, file.path});
  return recalled;
}

// Where the hub leads to another name, it adds the path that it led from, a parameter without a value.
bool is_trace_of_redirect(std::string_view query) {
  return query.starts_with("%2F") && query.find_first_of("=&") == query.size() - 1 && query.ends_with('=');
}

}  // namespace

bool RecalledFile::is_current(WallTime now, Duration ttl) const {
  if (!head) return false;
  // What was said in the future was said before the clock was set back.
  return !asked || (*asked <= now && now - *asked < ttl);
}

hub::Right RecalledFile::right() const {
  return head && head->kind != hub::FileHead::Kind::lfs ? hub::Right::regular_files : hub::Right::all_files;
}

// The hub answers Ollama otherwise (307 for 302), a page of another site with what that may read, and a query may ask
// for other headers.
bool is_plain_question(const ClientRequest& request) {
  const auto& fields = request.head.fields;
  auto query = http::split_target(request.head.target).query;
  return (query.empty() || is_trace_of_redirect(query)) && !fields.has("Origin") &&
         !http::lower_case(fields.get("User-Agent")).starts_with("ollama");
}

RecalledFile peek(hub::HubMemory& memory, const hub::RepoFile& file, const hub::AnswerName& name) {
  auto& metadata = memory.metadata();
  auto recalled = look_up(
      file, [&](const auto& repo, const auto& revision) { return metadata.peek_revision(repo, revision); },
      [&](const auto& commit_file) { return metadata.peek_file(commit_file); });
  if (!recalled.head) recalled.moved = peek_listing(metadata, name);
  return recalled;
}

RecalledFile recall(hub::HubMemory& memory, const hub::RepoFile& file, const hub::AnswerName& name) {
  auto& metadata = memory.metadata();
  auto recalled = look_up(
      file, [&](const auto& repo, const auto& revision) { return metadata.find_revision(repo, revision); },
      [&](const auto& commit_file) { return metadata.find_file(commit_file); });
  if (!recalled.head) recalled.moved = recall_listing(metadata, name);
  return recalled;
}

bool can_answer(Services& services, const ClientRequest& request, RecalledFile& recalled) {
  if (!recalled.head) return false;
  const auto& head = *recalled.head;
  bool needs_bytes = head.kind == hub::FileHead::Kind::lfs && request.head.method == "GET" && head.size > 0;
  if (needs_bytes && !recalled.blob) recalled.blob = open_held(services, head.digest);
  return !needs_bytes || (recalled.blob && recalled.blob->size() == head.size);
}

std::unique_ptr<Exchange> answer_recalled(WorkerContext& context, Responder& responder, ClientRequest request,
                                          const RecalledFile& recalled, Basis basis) {
  const auto& head = *recalled.head;
  bool head_only = request.head.method == "HEAD";
  if (head.kind == hub::FileHead::Kind::lfs) {
    FileRequest file;
    file.digest = head.digest;
    file.size = head.size;
    file.answer = head.fields;
    file.request = std::move(request.head.fields);
    file.head_only = head_only;
    file.held = recalled.blob;
    file.basis = basis;
    return std::make_unique<FileExchange>(context, responder, std::move(file));
  }
  auto body = std::make_shared<const std::string>(head.body);
  return std::make_unique<RememberedExchange>(context.services, responder,
                                              RememberedAnswer{head.status, head.fields, body, head_only, basis});
}

}  // namespace weir::proxy
