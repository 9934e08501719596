// SPDX-License-Identifier: Apache-2.0
#include "upstream/fetch_sources.h"

#include <algorithm>
#include <utility>

namespace weir::upstream {
namespace {

const std::string* resolve_url(const hub::SharedGrant& grant) {
  const auto* request = grant ? std::get_if<hub::ResolveRequest>(&grant->accepted_for) : nullptr;
  return request ? &request->url : nullptr;
}

// A client that reads the whole in order costs the origin one transfer, as long as it is alone.
PlanSource origin_in_plan(const SourceOptions& options) {
  PlanSource source;
  source.trust = Trust::trusted;
  source.connections = options.parallelism;
  source.ahead = 1;
  return source;
}

PlanSource other_in_plan(const SourceOptions& options) {
  PlanSource source;
  source.trust = options.trusted ? Trust::trusted : Trust::untrusted;
  source.connections = source.ahead = options.parallelism;
  return source;
}

}  // namespace

FetchSources::FetchSources(const FetchContext& context, const Sha256& digest, std::function<void()> on_change)
    : context_(context), digest_(digest), on_change_(std::move(on_change)), names_{digest, "", std::nullopt} {}

// Names go together with the permission to tell them: those of a file that everybody may read are kept.
void FetchSources::offer(const JoinRequest& request) {
  auto names = names_of(request);
  if (publicity_ == Publicity::everybody || (names_.file && !names.file) || (names == names_ && publicity_)) return;
  ticket_ = nullptr;
  publicity_.reset();
  names_ = std::move(names);
  grant_ = request.grant;
}

void FetchSources::admit(SourcePlan& plan, MonotonicTime now) {
  auto all = context_.sources.sources();
  if (sources_.empty()) {
    auto options = all.front()->options();
    sources_.push_back({all.front(), cas::Trust::trusted, std::nullopt});
    plan.add_source(origin_in_plan(*options));
  }
  for (SourceId id = 0; id < sources_.size(); ++id)
    if (!options(id)->enabled && !plan.is_left_out(id))
      plan.leave_out(id, {LaneFailure::Kind::refused, "The source " + options(id)->name + " is switched off.", {}});
  for (const auto& source : all) {
    auto options = source->options();
    if (options->kind == SourceKind::origin || is_admitted(*source)) continue;
    if (!source->is_usable(now) || source->was_blamed_for(digest_)) continue;
    auto url = place_of(*options);
    if (!url) continue;
    if (!options->share_private && !is_public()) continue;
    sources_.push_back({source, options->trusted ? cas::Trust::trusted : cas::Trust::untrusted, std::move(url)});
    plan.add_source(other_in_plan(*options));
    plan.set_ahead(kOrigin, this->options(kOrigin)->parallelism);
  }
}

bool FetchSources::is_admitted(const Source& source) const {
  return std::any_of(sources_.begin(), sources_.end(), [&](const auto& each) { return each.source.get() == &source; });
}

std::optional<http::Url> FetchSources::place_of(const SourceOptions& source) const {
  if (source.kind == SourceKind::peer && !context_.setup.prepare_peer) return std::nullopt;
  return source_url(source, names_);
}

// Asks, where it is not known.
bool FetchSources::is_public() {
  const auto* url = resolve_url(grant_);
  if (!url) return false;
  if (!publicity_ && !ticket_) publicity_ = context_.probe.known(*url, monotonic_now());
  if (!publicity_ && !ticket_)
    ticket_ = context_.probe.ask(*url, [this](Publicity publicity) {
      ticket_ = nullptr;
      publicity_ = publicity;
      on_change_();
    });
  return publicity_ == Publicity::everybody;
}

void FetchSources::address(SourceId id, LaneRequest& request) const {
  auto options = this->options(id);
  request.source = *sources_[id].url;
  request.kind = options->kind;
  request.digest = digest_;
  if (options->send_token && grant_ && !grant_->authorization.empty())
    request.credentials.add("Authorization", grant_->authorization.reveal());
  if (options->kind == SourceKind::peer)
    request.prepare = [prepare = context_.setup.prepare_peer, options](OriginRequest& lane) {
      prepare(*options, lane);
    };
}

}  // namespace weir::upstream
