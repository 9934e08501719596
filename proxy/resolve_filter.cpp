// SPDX-License-Identifier: Apache-2.0
#include "proxy/resolve_filter.h"

#include <utility>

#include "base/log.h"
#include "hub/grant.h"
#include "hub/resolve_answer.h"
#include "hub/resolve_head.h"
#include "hub/xet.h"
#include "proxy/file_exchange.h"
#include "proxy/learning.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

class ResolveFilter : public AnswerFilter {
 public:
  ResolveFilter(WorkerContext& context, Responder& responder, ClientRequest request, hub::RepoFile file)
      : context_(context), responder_(responder), request_(std::move(request)), file_(std::move(file)) {}

  std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>&) override {
    auto& policy = context_.services.policy;
    auto answer = hub::judge_resolve_answer(head, request_.url(), [&](auto host) { return policy.intercepts(host); });
    hub::SharedGrant grant;
    if (answer.file) grant = learn(*answer.file, head);
    // What needs the client's credentials at its place is the client's to ask for.
    if (answer.file && context_.services.roles.of(answer.file->location.host) != hub::Role::cdn)
      answer.verdict = hub::ResolveVerdict::elsewhere;
    bool strips = context_.services.options.xet == XetMode::strip;
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

 private:
  hub::SharedGrant learn(const hub::FileRedirect& redirect, const http::ResponseHead& head) {
    auto grant = hub::make_grant(request_.head.fields, hub::ResolveRequest{request_.url().text()});
    hub::BlobId blob{redirect.digest, redirect.size};
    learn_location(context_.services, redirect.location, blob, grant);
    context_.services.catalog.learn(hub::NamedFile{file_, std::string(head.fields.get("X-Repo-Commit")), blob});
    return grant;
  }

  std::unique_ptr<Exchange> answer_file(const hub::FileRedirect& redirect, const http::ResponseHead& head,
                                        hub::SharedGrant grant) {
    FileRequest file;
    file.digest = redirect.digest;
    file.size = redirect.size;
    file.answer = hub::file_fields(head.fields, redirect.digest);
    file.request = std::move(request_.head.fields);
    file.head_only = request_.head.method == "HEAD";
    file.source = redirect.location;
    file.grant = std::move(grant);
    return std::make_unique<FileExchange>(context_, responder_, std::move(file));
  }

  void note(PassedBy reason, std::string_view why) {
    ++context_.services.counters.passed_by[static_cast<size_t>(reason)];
    log::info("{} {} passes by the store: {}", file_.repo, file_.path, why);
  }

  WorkerContext& context_;
  Responder& responder_;
  ClientRequest request_;
  hub::RepoFile file_;
};

}  // namespace

std::unique_ptr<Exchange> make_resolve_exchange(WorkerContext& context, Responder& responder, ClientRequest request,
                                                const hub::Route& route) {
  auto out = make_origin_request(request, context.services.pseudonym);
  // Weir judges these itself: a URL that the hub signs for a Range may serve no other, and the file's ETag is not the
  // redirect's.
  for (auto name : {"Range", "If-Range", "If-None-Match", "If-Modified-Since"}) out.fields.remove(name);
  out.fields.set("Accept-Encoding", "identity");
  if (context.services.options.xet == XetMode::strip) hub::strip_xet_accept(out.fields);
  auto filter = std::make_unique<ResolveFilter>(context, responder, std::move(request), route.file);
  return std::make_unique<RelayExchange>(context, responder, std::move(out), std::move(filter));
}

}  // namespace weir::proxy
