// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_origin.h"

#include <utility>

#include "hub/signed_url.h"

namespace weir::upstream {
namespace {

// A path may name what is private, so its hash stands for it on the disk.
std::string object_id(const http::Url& url) {
  auto name = hub::object_name(url.host, url.target);
  return sha256(name.host + name.path).hex() + " ";
}

}  // namespace

FetchOrigin::FetchOrigin(const FetchContext& context)
    : counters_(context.counters),
      refresher_(context.origin, context.setup.pseudonym, context.setup.is_intercepted),
      schedule_(context.setup.options, context.setup.origin.connect_timeout) {}

void FetchOrigin::offer(const http::Url& url, hub::SharedGrant grant, Use use) {
  if (grant) grants_.add(std::move(grant));
  if (use == Use::at_once) return set_url(url);
  fresher_url_ = url;
}

// Another place may have another tag for the same bytes.
void FetchOrigin::set_url(http::Url url) {
  if (hub::object_name(url.host, url.target) != hub::object_name(url_.host, url_.target)) tag_.reset();
  url_ = std::move(url);
}

bool FetchOrigin::on_tag(const http::Url& url, http::EntityTag tag) {
  if (url != url_ || tag_ == tag) return false;
  tag_ = std::move(tag);
  return true;
}

std::string FetchOrigin::version() const {
  return object_id(url_) + (tag_ ? tag_->text() : "");
}

void FetchOrigin::recall(std::string_view version) {
  auto id = object_id(url_);
  if (!version.starts_with(id)) return;
  auto tag = http::parse_entity_tag(version.substr(id.size()));
  if (tag && !tag->weak) tag_ = std::move(tag);
}

void FetchOrigin::renew(const Sha256& digest, uint64_t size, std::function<void(Renewed)> done) {
  if (!schedule_.next_at_once())
    return done(LaneFailure{LaneFailure::Kind::refused,
                            url_.host + " refuses every URL that the hub gives for this file.", std::nullopt});
  if (fresher_url_ && *fresher_url_ != url_) {
    set_url(*std::exchange(fresher_url_, std::nullopt));
    return done(Ready{});
  }
  renewing_ = true;
  refresher_.start(grants_, digest, size, [this, done = std::move(done)](UrlRefresher::Answer answer) {
    renewing_ = false;
    done(judge(std::move(answer)));
  });
}

FetchOrigin::Renewed FetchOrigin::judge(UrlRefresher::Answer answer) {
  if (auto* url = std::get_if<http::Url>(&answer)) {
    ++counters_.urls_refreshed;
    set_url(std::move(*url));
    fresher_url_.reset();  // it is older than this one
    return Ready{};
  }
  if (auto* trouble = std::get_if<UrlRefresher::Trouble>(&answer)) {
    auto delay = schedule_.next(monotonic_now(), trouble->retry_after);
    if (delay) return Wait{*delay};
    return LaneFailure{LaneFailure::Kind::interrupted, trouble->message, trouble->retry_after};
  }
  return LaneFailure{
      LaneFailure::Kind::refused,
      "The URL of the file has expired, and the hub permits it to none of the clients that asked for it any more.",
      std::nullopt};
}

void FetchOrigin::cancel() {
  renewing_ = false;
  refresher_.cancel();
}

}  // namespace weir::upstream
