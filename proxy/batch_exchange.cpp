// SPDX-License-Identifier: Apache-2.0
#include "proxy/batch_exchange.h"

#include <utility>

#include "base/log.h"
#include "hub/file_answer.h"
#include "hub/lfs_batch.h"
#include "proxy/error_answer.h"
#include "proxy/learning.h"
#include "proxy/relay_exchange.h"

namespace weir::proxy {
namespace {

// Learns from the answer before the client can act on it: the body goes out when it is whole.
class BatchFilter : public AnswerFilter {
 public:
  BatchFilter(WorkerContext& context, ClientRequest request, hub::RepoName repo)
      : context_(context),
        request_(std::move(request)),
        repo_(std::move(repo)),
        asker_(context.services.memory.askers().of(request_.head.fields)) {}

  std::unique_ptr<Exchange> on_head(http::ResponseHead& head, std::optional<uint64_t>& length) override {
    if (auto withdrawn = hub::withdrawn_by(head)) context_.services.memory.withdraw(asker_, repo_, *withdrawn);
    bool readable = head.status == 200 && !head.fields.has("Content-Encoding");
    collecting_ = readable && (!length || *length <= hub::kMaxBatchAnswer);
    if (collecting_ && request_.mirror) length.reset();
    return nullptr;
  }

  std::string_view on_data(std::string_view bytes) override {
    if (!collecting_) return bytes;
    body_.append(bytes);
    if (body_.size() <= hub::kMaxBatchAnswer) return "";
    collecting_ = false;
    return body_;
  }

  std::optional<std::string_view> on_end() override {
    if (!collecting_) return "";
    learn();
    if (request_.mirror)
      body_ =
          hub::with_renamed_hrefs(body_, [this](std::string_view href) { return request_.mirror->at_mirror(href); });
    return body_;
  }

 private:
  void learn() {
    auto& services = context_.services;
    auto downloads = hub::parse_batch_answer(body_, wall_now());
    if (!downloads) return;
    if (!downloads->empty()) services.memory.permit(asker_, repo_, hub::Right::all_files);
    for (const auto& download : *downloads) {
      if (!context_.settings->policy.intercepts(download.href.host)) {
        ++services.counters.passed_by[static_cast<size_t>(PassedBy::elsewhere)];
        log::info("git-lfs object {} passes by the store: it is on {}, which is not intercepted",
                  download.object.oid.hex(), download.href.host);
        continue;
      }
      auto grant = hub::make_grant(request_.head.fields,
                                   hub::LfsRequest{request_.url().text(), download.object.oid, download.object.size});
      learn_location(services, download.href, {download.object.oid, download.object.size}, SizeBy::client,
                     std::move(grant), download.expires);
    }
  }

  WorkerContext& context_;
  ClientRequest request_;
  const hub::RepoName repo_;
  const hub::Asker asker_;
  bool collecting_ = false;
  std::string body_;
};

// Collects the client's batch, which is small, and sends it on.
class BatchExchange : public Exchange {
 public:
  BatchExchange(WorkerContext& context, Responder& responder, ClientRequest request, hub::RepoName repo)
      : context_(context), responder_(responder), request_(std::move(request)), repo_(std::move(repo)) {}

  void start() override { responder_.send_continue(); }

  void on_request_body(std::string_view bytes) override {
    body_.append(bytes);
    if (body_.size() > hub::kMaxBatchRequest)
      answer_error(responder_, 413,
                   "A git-lfs batch of more than 4 MiB is not taken; ask for fewer objects at a time.");
  }

  void on_request_end() override {
    auto out = make_origin_request(request_, context_.services.pseudonym);
    out.fields.set("Accept-Encoding", "identity");
    if (context_.settings->options.xet == XetMode::strip) body_ = hub::without_xet_transfer(body_);
    auto relay = std::make_unique<RelayExchange>(context_, responder_, std::move(out),
                                                 std::make_unique<BatchFilter>(context_, std::move(request_), repo_));
    relay->set_body(std::move(body_));
    responder_.hand_over(std::move(relay));
  }

 private:
  WorkerContext& context_;
  Responder& responder_;
  ClientRequest request_;
  const hub::RepoName repo_;
  std::string body_;
};

}  // namespace

std::unique_ptr<Exchange> make_batch_exchange(WorkerContext& context, Responder& responder, ClientRequest request,
                                              const hub::RepoFile& about) {
  return std::make_unique<BatchExchange>(context, responder, std::move(request), hub::RepoName{about.type, about.repo});
}

}  // namespace weir::proxy
