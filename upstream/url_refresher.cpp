// SPDX-License-Identifier: Apache-2.0
#include "upstream/url_refresher.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "http/via.h"
#include "hub/lfs_batch.h"
#include "hub/resolve_answer.h"
#include "upstream/blob_answer.h"

namespace weir::upstream {
namespace {

constexpr size_t kMaxAnswer = 1 << 20;
constexpr std::string_view kLfsType = "application/vnd.git-lfs+json";

}  // namespace

void GrantList::add(hub::SharedGrant grant) {
  bool known = std::any_of(grants_.begin(), grants_.end(), [&](const auto& held) { return *held == *grant; });
  if (known) return;
  if (grants_.size() == kMost) grants_.pop_front();
  grants_.push_back(std::move(grant));
}

void GrantList::remove(const hub::SharedGrant& grant) {
  std::erase(grants_, grant);
}

UrlRefresher::UrlRefresher(OriginClient& origin, std::string pseudonym,
                           std::function<bool(std::string_view)> is_intercepted)
    : origin_(origin), pseudonym_(std::move(pseudonym)), is_intercepted_(std::move(is_intercepted)) {}

void UrlRefresher::start(GrantList& grants, const Sha256& digest, uint64_t size, std::function<void(Answer)> done) {
  grants_ = &grants;
  digest_ = digest;
  size_ = size;
  done_ = std::move(done);
  ask_next();
}

void UrlRefresher::cancel() {
  transfer_.reset();
  asked_ = nullptr;
  done_ = nullptr;
}

void UrlRefresher::ask_next() {
  asked_ = grants_->latest();
  if (!asked_) return end(Refused{});
  const auto* batch = std::get_if<hub::LfsRequest>(&asked_->accepted_for);
  auto url = http::parse_url(batch ? batch->url : std::get<hub::ResolveRequest>(asked_->accepted_for).url);
  if (!url) {
    grants_->remove(asked_);
    return ask_next();
  }
  OriginRequest request;
  request.method = batch ? "POST" : "HEAD";
  request.host = url->host;
  request.port = url->port;
  request.target = url->target;
  request.fields = {{"Host", url->authority().text(443)}, {"User-Agent", "weir"}, {"Accept-Encoding", "identity"}};
  http::add_via(request.fields, 1, pseudonym_);
  if (!asked_->authorization.empty()) request.fields.add("Authorization", asked_->authorization.reveal());
  if (!asked_->cookie.empty()) request.fields.add("Cookie", asked_->cookie.reveal());
  request.fields.add("Accept", batch ? kLfsType : "*/*");
  request_body_.clear();
  request_sent_ = 0;
  body_.clear();
  if (batch) {
    request.fields.add("Content-Type", kLfsType);
    request_body_ = hub::make_batch_request({batch->oid, batch->size});
    request.body = RequestBody::length;
    request.body_length = request_body_.size();
  }
  asked_url_ = std::move(*url);
  transfer_ = origin_.start(std::move(request), *this);
}

size_t UrlRefresher::read_body(std::span<char> buffer, bool& at_end) {
  auto count = std::min(buffer.size(), request_body_.size() - request_sent_);
  std::memcpy(buffer.data(), request_body_.data() + request_sent_, count);
  request_sent_ += count;
  at_end = request_sent_ == request_body_.size();
  return count;
}

void UrlRefresher::on_head(http::ResponseHead head) {
  head_ = std::move(head);
}

void UrlRefresher::on_data(std::string_view bytes) {
  if (body_.size() + bytes.size() <= kMaxAnswer) body_.append(bytes);
}

void UrlRefresher::on_done(std::optional<OriginFault> fault) {
  transfer_.reset();
  if (fault) return end(Trouble{fault->message});
  judge_answer();
}

void UrlRefresher::judge_answer() {
  if (std::holds_alternative<hub::LfsRequest>(asked_->accepted_for)) {
    auto downloads = hub::parse_batch_answer(body_, wall_now());
    if (head_.status == 200 && downloads && !downloads->empty()) {
      const auto& first = downloads->front();
      if (first.object.oid == digest_ && first.object.size == size_ && is_intercepted_(first.href.host))
        return end(first.href);
    }
  } else {
    auto answer = hub::judge_resolve_answer(head_, *asked_url_, is_intercepted_);
    if (answer.file && answer.file->digest == digest_ && answer.file->size == size_) return end(answer.file->location);
  }
  if (head_.status == 429 || head_.status >= 500)
    return end(Trouble{
        asked_url_->host + " could not be asked for a fresh URL: the answer was " + std::to_string(head_.status) + ".",
        retry_after(head_.fields)});
  // Refused, or it names another file now: this client's permission for these bytes has ended.
  grants_->remove(asked_);
  ask_next();
}

void UrlRefresher::end(Answer answer) {
  asked_ = nullptr;
  asked_url_.reset();
  if (auto done = std::exchange(done_, nullptr)) done(std::move(answer));
}

}  // namespace weir::upstream
