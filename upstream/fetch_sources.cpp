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

FetchSources::FetchSources(const FetchContext& context, const Sha256& digest, uint64_t size,
                           std::function<void()> on_change)
    : context_(context),
      digest_(digest),
      on_change_(std::move(on_change)),
      names_{digest, "", std::nullopt},
      peers_(context, digest, size, [this] { on_change_(); }) {}

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
    sources_.push_back({all.front(), cas::Trust::trusted});
    plan.add_source(origin_in_plan(*options));
  }
  for (SourceId id = 0; id < sources_.size(); ++id)
    if (!options(id)->enabled && !plan.is_left_out(id))
      plan.leave_out(id, {LaneFailure::Kind::refused, "The source " + options(id)->name + " is switched off.", {}});
  for (const auto& source : all) {
    if (auto id = id_of(*source)) {
      look_again(*id, plan, now);
      continue;
    }
    auto admitted = look_at(source, now);
    if (!admitted) continue;
    auto options = source->options();
    auto in_plan = other_in_plan(*options);
    if (admitted->peer) in_plan.holds = admitted->runs;
    sources_.push_back(*std::move(admitted));
    plan.add_source(in_plan);
    plan.set_ahead(kOrigin, this->options(kOrigin)->parallelism);
  }
}

std::optional<SourceId> FetchSources::id_of(const Source& source) const {
  for (SourceId id = 0; id < sources_.size(); ++id)
    if (sources_[id].source.get() == &source) return id;
  return std::nullopt;
}

// Nothing: it cannot be asked, or not yet.
std::optional<FetchSources::Admitted> FetchSources::look_at(const std::shared_ptr<Source>& source, MonotonicTime now) {
  auto options = source->options();
  if (!source->is_usable(now) || source->was_blamed_for(digest_)) return std::nullopt;
  Admitted found{source, options->trusted ? cas::Trust::trusted : cas::Trust::untrusted, source_url(*options, names_)};
  if (!found.url) return std::nullopt;
  if (!options->share_private && !is_public()) return std::nullopt;
  if (options->kind == SourceKind::peer && !find_peer(found, now)) return std::nullopt;
  return found;
}

// Whether it has any of the blob, as far as is known.
bool FetchSources::find_peer(Admitted& peer, MonotonicTime now) {
  peer.peer = context_.setup.peers ? context_.setup.peers->tls_of(*peer.source->options()) : nullptr;
  if (!peer.peer) {
    peer.source->failed("This Weir is not paired with it: weir peer invite there, and weir peer add here.", now);
    return false;
  }
  peers_.ask(peer.source, *peer.url, peer.peer, now);
  peer.runs = peers_.runs(*peer.source);
  return !peer.runs.empty();
}

// It may have more by now.
void FetchSources::look_again(SourceId id, SourcePlan& plan, MonotonicTime now) {
  auto& peer = sources_[id];
  if (!peer.peer || plan.is_left_out(id) || !peer.source->is_usable(now)) return;
  peers_.ask(peer.source, *peer.url, peer.peer, now);
  const auto& runs = peers_.runs(*peer.source);
  if (runs == peer.runs) return;
  peer.runs = runs;
  plan.set_holds(id, runs);
}

void FetchSources::cancel() {
  ticket_ = nullptr;
  peers_.cancel();
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
  request.peer = sources_[id].peer;
}

}  // namespace weir::upstream
